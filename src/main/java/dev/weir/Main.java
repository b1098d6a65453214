package dev.weir;

import dev.weir.config.ConfigReader;
import dev.weir.config.ConfigResult;
import java.nio.file.Path;

/** The command line of Weir. */
public final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
        ConfigResult result = ConfigReader.read(Path.of(args[1]));
        switch (result) {
            case ConfigResult.Sound sound -> Weir.start(sound.config()).awaitStop();
            case ConfigResult.Faulty faulty -> faulty.problems().forEach(System.err::println);
        }
    }
}
