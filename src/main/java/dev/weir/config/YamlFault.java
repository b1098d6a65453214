package dev.weir.config;

import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/** Says what is most likely behind a syntax error; the parser itself speaks of tokens and blocks. */
final class YamlFault {
    private YamlFault() {}

    static void report(MarkedYamlEngineException broken, String text, Problems problems) {
        String problem = broken.getProblem().strip().replaceAll("\\s+", " ");
        Mark at = broken.getProblemMark().or(broken::getContextMark).orElseThrow();
        Mark begun = broken.getContextMark().orElse(at);
        String context = broken.getContext() == null ? "" : broken.getContext();
        String line = text.lines().skip(at.getLine()).findFirst().orElse("");
        if (context.contains("quoted scalar") && problem.contains("end of stream")) {
            problems.error(Place.of("", begun), "this quote is not closed", "", "");
        } else if (indent(line).indexOf('\t') >= 0) {
            problems.error(Place.of("", at), "a tab", "spaces", "YAML is not indented with tabs");
        } else if (value(line).startsWith("[") && value(line).contains("]:")) {
            report(problems, at, problem, "an IPv6 address needs quotes");
        } else if (problem.contains("alias") || context.contains("alias")) {
            report(problems, at, problem, "a value that begins with '*' needs quotes");
        } else if (context.contains("flow")) {
            report(problems, at, problem, "the bracket opened on line " + (begun.getLine() + 1) + " is not closed");
        } else if (problem.contains("<block") || problem.contains("mapping values are not allowed")) {
            String hint = "check the indentation here and in the lines above";
            problems.error(Place.of("", at), "this does not fit the lines above", "", hint);
        } else {
            report(problems, at, problem, "");
        }
    }

    private static void report(Problems problems, Mark at, String problem, String hint) {
        problems.error(Place.of("", at), "this is not YAML: " + problem, "", hint);
    }

    private static String indent(String line) {
        return line.substring(0, line.length() - line.stripLeading().length());
    }

    /** What stands on the line behind its dashes and its key. */
    private static String value(String line) {
        return line.strip().replaceFirst("^(- +)*([A-Za-z-]+: +)?", "");
    }
}
