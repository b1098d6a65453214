package dev.weir.discovery;

import static dev.weir.discovery.SourceReport.Outcome.FAILED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.etcd.EtcdClient;
import dev.weir.testing.Etcd;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EtcdSourceIT {
    @TempDir
    Path folder;

    private Etcd etcd;
    private EtcdClient client;

    @BeforeEach
    void start() throws Exception {
        etcd = Etcd.start(folder);
        client = new EtcdClient(List.of(etcd.url()), EtcdClient.Login.NONE, "");
    }

    @AfterEach
    void stop() throws Exception {
        if (etcd != null) {
            etcd.close();
        }
    }

    private Followed follow() {
        return Followed.of("[{ etcd: { endpoints: [\"" + etcd.url() + "\"], prefix: /services/web/ } }]");
    }

    private void put(String key, String value, long lease) throws Exception {
        client.put("/services/web/" + key, value, lease);
    }

    @Test
    void keys_areServersAndFollowed() throws Exception {
        put("b", "{ address: \"10.0.0.2:80\", weight: 2 }", 0);
        put("a", "10.0.0.1:80", 0);
        try (Followed web = follow()) {
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80");
            assertThat(web.servers()).extracting(ServerConfig::weight).containsExactly(1, 2);
            put("c", "{\"address\":\"10.0.0.3:80\"}", 0);
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80");
            client.delete("/services/web/b");
            web.awaitServers("10.0.0.1:80", "10.0.0.3:80");
        }
    }

    @Test
    void lease_expired_takesTheServerAlong() throws Exception {
        put("a", "10.0.0.1:80", 0);
        try (Followed web = follow()) {
            web.awaitServers("10.0.0.1:80");
            put("b", "10.0.0.2:80", client.grant(Duration.ofSeconds(2)));
            await().until(() -> web.told().contains(List.of("10.0.0.1:80", "10.0.0.2:80")));
            web.awaitServers("10.0.0.1:80"); // nobody keeps the lease alive
        }
    }

    @Test
    void value_faulty_leavesTheRestAndTheKeysLastServer() throws Exception {
        put("a", "10.0.0.1:80", 0);
        put("b", "10.0.0.2", 0);
        try (Followed web = follow()) {
            web.awaitServers("10.0.0.1:80");
            await().until(() -> web.report().message().startsWith("/services/web/b:1:1: "));
            put("a", "nonsense", 0);
            await().until(() -> web.report().message().startsWith("/services/web/a:1:1: "));
            assertThat(Followed.addresses(web.servers())).containsExactly("10.0.0.1:80");
            put("b", "10.0.0.2:80", 0);
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80");
        }
    }

    @Test
    void etcd_downAndUpAgain_keepsTheLastListAndFollows() throws Exception {
        put("a", "10.0.0.1:80", 0);
        try (Followed web = follow()) {
            web.awaitServers("10.0.0.1:80");
            etcd.kill();
            assertThat(web.awaitOutcome(FAILED).servers()).isEqualTo(1);
            etcd.start();
            put("b", "10.0.0.2:80", 0);
            web.awaitServers("10.0.0.1:80", "10.0.0.2:80");
            assertThat(web.told()).hasSize(2);
        }
    }
}
