package dev.weir.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.testing.NameServer;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class DnsClientIT {
    /** That nothing is logged as an error meanwhile is looked at after each class. */
    @Test
    void close_whileQuestionsAreAsked_failsThem() throws Exception {
        try (NameServer server = NameServer.start();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<InetSocketAddress> servers = List.of(server.address());
            for (int round = 0; round < 40; round++) {
                DnsClient client = new DnsClient(Duration.ofSeconds(10));
                CountDownLatch asking = new CountDownLatch(3);
                List<Future<String>> outcomes = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    outcomes.add(threads.submit(() -> askUntilRefused(client, servers, asking)));
                }
                asking.await();
                client.close();
                for (Future<String> outcome : outcomes) {
                    assertThat(outcome.get()).contains("the DNS server 127.0.0.1:");
                }
            }
        }
    }

    @Test
    void ask_afterClose_fails() throws Exception {
        DnsClient client = new DnsClient(Duration.ofMillis(400));
        client.close();
        List<InetSocketAddress> servers = List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
        assertThatThrownBy(() -> client.ask(servers, "web.internal", DnsRecordType.A))
                .isInstanceOf(LookupFailure.class)
                .hasMessage("the DNS server 127.0.0.1:1 is not asked any more");
    }

    private static String askUntilRefused(DnsClient client, List<InetSocketAddress> servers, CountDownLatch asking)
            throws InterruptedException {
        try {
            for (int i = 0; i < 10_000; i++) {
                client.ask(servers, "web.internal", DnsRecordType.A);
                asking.countDown();
            }
            return "never refused";
        } catch (LookupFailure refused) {
            return String.valueOf(refused.getMessage());
        }
    }
}
