package dev.weir.config;

/**
 * Something wrong with a configuration, or worth a warning.
 *
 * @param file the file's name as it was given
 * @param line from 1; 0 when it is the file itself
 * @param column from 1; 0 when it is the file itself
 * @param path where in the configuration, as {@code pools.web.servers[0].weight}; empty for the whole
 * @param found what is there
 * @param expected what should be there; empty when that goes without saying
 * @param hint how to put it right; may be empty
 */
public record ConfigProblem(
        String file, int line, int column, String path, String found, String expected, String hint) {
    /** One sentence for a person: {@code weir.yaml:3:5: pools.web: unknown key 'balanse'; did you mean 'balance'?}. */
    public String message() {
        StringBuilder text = new StringBuilder(file);
        if (line > 0) {
            text.append(':').append(line).append(':').append(column);
        }
        return text.append(": ").append(detail()).toString();
    }

    /** The same for who knows where: {@code pools.web: unknown key 'balanse'; did you mean 'balance'?}. */
    public String detail() {
        StringBuilder text = new StringBuilder();
        if (!path.isEmpty()) {
            text.append(path).append(": ");
        }
        text.append(expected.isEmpty() ? found : "found " + found);
        if (!expected.isEmpty()) {
            text.append(", expected ").append(expected);
        }
        if (!hint.isEmpty()) {
            text.append("; ").append(hint);
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return message();
    }
}
