package dev.weir.config;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.parser.Parser;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/** YAML text as a tree of nodes that know where they stand. Every plain value is a text: the records say what it means. */
final class YamlTree {
    /** The composer recurses, so a file could else exhaust the stack; the language itself needs six levels. */
    private static final int DEEPEST = 50;

    private static final String EMPTY = "there is nothing in this file";

    private YamlTree() {}

    /**
     * The only document of {@code text}; null when a problem was found.
     *
     * @param needed what a text without anything is told to have
     */
    static @Nullable Node of(String text, String needed, Problems problems) {
        LoadSettings settings = LoadSettings.builder()
                .setSchema(new FailsafeSchema())
                .setCodePointLimit(Integer.MAX_VALUE)
                .setMaxAliasesForCollections(Integer.MAX_VALUE)
                .setAllowNonScalarKeys(true)
                .build();
        StreamReader reader = new StreamReader(settings, text);
        try {
            Parser parser = new ParserImpl(settings, reader);
            Composer composer = new Composer(settings, new ShallowParser(parser));
            if (!composer.hasNext()) {
                problems.error(new Place("", 1, 1), "this file is empty", "", needed);
                return null;
            }
            Node root = composer.next();
            if (composer.hasNext()) {
                Place second = Place.of("", composer.next());
                problems.error(second, "a second document begins here", "", "remove the '---' before it");
                return null;
            }
            if (Found.isNothing(root)) {
                problems.error(Place.of("", root), EMPTY, "", needed);
                return null;
            }
            return root;
        } catch (MarkedYamlEngineException broken) {
            YamlFault.report(broken, text, problems);
        } catch (ReaderException broken) {
            Place place = Place.atEnd(text.substring(0, text.offsetByCodePoints(0, broken.getPosition())));
            problems.error(
                    place,
                    "found the character " + name(broken.getCodePoint()) + ", which YAML does not allow",
                    "",
                    "");
        } catch (YamlEngineException broken) {
            // It names no place: so far it has been read.
            Place place = reader.getMark().map(at -> Place.of("", at)).orElse(new Place("", 1, 1));
            problems.error(place, "this is not YAML: " + broken.getMessage(), "", "");
        }
        return null;
    }

    private static String name(int codePoint) {
        return "U+%04X".formatted(codePoint);
    }

    /** Refuses to nest deeper than {@link #DEEPEST}. */
    private static final class ShallowParser implements Parser {
        private final Parser parser;
        private int depth;

        ShallowParser(Parser parser) {
            this.parser = parser;
        }

        @Override
        public boolean checkEvent(Event.ID id) {
            return parser.checkEvent(id);
        }

        @Override
        public Event peekEvent() {
            return parser.peekEvent();
        }

        @Override
        public Event next() {
            Event event = parser.next();
            switch (event.getEventId()) {
                case SequenceStart, MappingStart -> {
                    if (++depth > DEEPEST) {
                        throw new TooDeep(event.getStartMark());
                    }
                }
                case SequenceEnd, MappingEnd -> depth--;
                default -> {}
            }
            return event;
        }

        @Override
        public boolean hasNext() {
            return parser.hasNext();
        }
    }

    private static final class TooDeep extends MarkedYamlEngineException {
        private static final long serialVersionUID = 1;

        TooDeep(Optional<Mark> mark) {
            super("", Optional.empty(), "more than " + DEEPEST + " levels are nested", mark);
        }
    }
}
