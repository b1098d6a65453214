package dev.weir.discovery;

import dev.weir.config.Address;
import dev.weir.config.PoolConfig.ServerConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Servers from whatever has to be asked again and again: when its answer is not good any more, later after failures, and
 * sooner when a server that came from there cannot be reached.
 */
final class AskedSource implements ServerSource {
    private final Question question;
    private final SourceState state;
    private final Duration between;
    private final Backoff backoff;
    private final DoubtPace doubts;
    private final Looking looking;

    /** What is asked. */
    interface Question {
        /**
         * Asks; blocks.
         *
         * @throws IOException whose message is a clause for the user
         * @throws LookupFailure the same
         */
        Answer ask() throws IOException, LookupFailure, InterruptedException;
    }

    /**
     * What is believed now.
     *
     * @param held whether the answer lacked servers that are believed still
     * @param good when to ask again
     */
    record Answer(List<ServerConfig> servers, boolean held, Duration good) {}

    /**
     * How often it may be asked.
     *
     * @param between at least this lies between two questions
     * @param doubted the same, of something of which there is doubt
     * @param failed after so long it is asked again when it has failed once
     * @param longestFailed when it has failed often
     */
    record Pace(Duration between, Duration doubted, Duration failed, Duration longestFailed) {
        /** From here on, doubt hurries nothing. */
        static final Duration LONGEST_DOUBT = Duration.ofSeconds(30);
    }

    /** {@code kind}: what is asked, for the name of the thread. */
    AskedSource(String kind, Question question, SourceState state, Pace pace) {
        this.question = question;
        this.state = state;
        this.between = pace.between();
        this.backoff = new Backoff(pace.failed(), pace.longestFailed(), new Random());
        this.doubts = new DoubtPace(pace.doubted(), Pace.LONGEST_DOUBT);
        this.looking = new Looking("weir-discovery-" + kind, this::look);
    }

    @Override
    public void start(Consumer<List<ServerConfig>> servers) {
        state.start(servers);
        looking.start();
    }

    private Duration look() throws InterruptedException {
        Duration rest = doubts.looks(System.nanoTime(), between);
        if (!rest.isZero()) {
            return rest; // it was woken too soon after the last look
        }
        try {
            Answer answer = question.ask();
            if (!answer.servers().equals(state.servers())) {
                doubts.clear();
            }
            state.found(answer.servers(), answer.held());
            backoff.worked();
            return doubts.pause(answer.good());
        } catch (IOException | LookupFailure failure) {
            String clause = failure.getMessage();
            state.failed(clause == null ? failure.getClass().getSimpleName() : clause);
            return doubts.pause(backoff.failed());
        }
    }

    @Override
    public void doubt(Address server) {
        if (state.has(server)) {
            doubts.doubt();
            looking.wake();
        }
    }

    @Override
    public SourceReport report() {
        return state.report();
    }

    @Override
    public void close() {
        state.close();
        looking.close();
    }
}
