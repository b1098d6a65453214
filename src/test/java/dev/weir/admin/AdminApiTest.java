package dev.weir.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.WeirConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Every resource, without a network; each answer is compared with what {@code openapi.json} says. */
class AdminApiTest {
    private static final String CONFIG = """
            listeners: [{ bind: ":8080" }]
            routes:
              - { name: api, match: { path: "/api/*" }, pool: api }
              - { name: rest, pool: web }
            pools:
              web: { servers: ["a:1", { address: "b:1", weight: 2 }], health: off }
              api: { servers: ["c:1", "unix:/run/api.sock"] }
            """;
    private static final OpenApi DOCUMENT = OpenApi.read();
    /** The statuses seen, by operation. */
    private static final Map<String, Set<String>> SEEN = new TreeMap<>();
    /** What the gate answers, not the API; AdminServerTest has those. */
    private static final Set<String> BY_THE_GATE = Set.of("401", "403", "413");

    @TempDir
    Path folder;

    private Path file;
    private FakeView view;
    private AdminApi api;

    @BeforeEach
    void start() throws IOException {
        file = Files.writeString(folder.resolve("weir.yaml"), CONFIG);
        view = new FakeView(CONFIG, file);
        api = new AdminApi(view);
    }

    private AdminResponse ask(String method, String target, String content, String... fields) {
        Map<String, String> all = new LinkedHashMap<>();
        if (!content.isEmpty()) {
            all.put("content-type", "application/json");
        }
        for (int i = 0; i < fields.length; i += 2) {
            all.put(fields[i], fields[i + 1]);
        }
        AdminRequest request = requireNonNull(AdminRequest.of(method, target, all, content.getBytes(UTF_8)));
        AdminResponse response = api.answer(request);
        for (Endpoint endpoint : api.endpoints()) {
            if (endpoint.method().equals(method) && endpoint.match(request.segments()) != null) {
                String operation = method + " " + endpoint.template();
                assertThat(DOCUMENT.faults(operation, response)).isEmpty();
                SEEN.computeIfAbsent(operation, _ -> new TreeSet<>()).add(Integer.toString(response.status()));
            }
        }
        return response;
    }

    private AdminResponse get(String target) {
        return ask("GET", target, "");
    }

    private static String tag(AdminResponse response) {
        return requireNonNull(response.fields().get("ETag"));
    }

    private static String detail(AdminResponse response) {
        return response.json().path("detail").asString();
    }

    private WeirConfig now() {
        assertThat(view.applied.getLast()).isEqualTo(view.control.state().config());
        return view.applied.getLast();
    }

    private List<String> servers(String pool) {
        return requireNonNull(now().pools().get(pool)).servers().stream()
                .map(each -> each.address() + "*" + each.weight() + each.state().id())
                .toList();
    }

    @AfterAll
    static void everyOperationAndStatus_wasSeen() {
        Map<String, Set<String>> told = new TreeMap<>();
        for (String operation : DOCUMENT.operations()) {
            Set<String> statuses = DOCUMENT.statuses(operation);
            statuses.removeAll(BY_THE_GATE);
            told.put(operation, statuses);
        }
        assertThat(SEEN).isEqualTo(told);
    }

    @Test
    void document_isOfTheVersionAndTellsOfEveryEndpoint() {
        assertThat(get("/v1/openapi.json").json()).isEqualTo(DOCUMENT.document());
        assertThat(DOCUMENT.document().get("openapi").asString()).isEqualTo("3.1.0");
        Set<String> endpoints = new TreeSet<>();
        api.endpoints().forEach(each -> endpoints.add(each.method() + " " + each.template()));
        assertThat(DOCUMENT.operations()).isEqualTo(endpoints);
        Set<String> ids = new TreeSet<>();
        for (String operation : DOCUMENT.operations()) {
            assertThat(DOCUMENT.statuses(operation)).as(operation).isNotEmpty();
            String[] words = operation.split(" ", 2);
            JsonNode described = DOCUMENT.document()
                    .at("/paths/" + words[1].replace("/", "~1") + "/" + words[0].toLowerCase(java.util.Locale.ROOT));
            assertThat(ids.add(described.get("operationId").asString())).isTrue();
        }
        DOCUMENT.document()
                .findValues("$ref")
                .forEach(reference -> assertThat(DOCUMENT.document()
                                .at(reference.asString().substring(1))
                                .isMissingNode())
                        .as(reference.asString())
                        .isFalse());
    }

    @Test
    void probes_answerInWords() {
        assertThat(new String(get("/livez").content(), UTF_8)).isEqualTo("ok");
        assertThat(get("/readyz").status()).isEqualTo(200);
        view.notReady = "stopping";
        assertThat(new String(get("/readyz").content(), UTF_8)).isEqualTo("not ready: stopping");
        assertThat(get("/metrics").status()).isEqualTo(200);
    }

    @Test
    void pools_areListedInTheFilesOrder() {
        assertThat(get("/v1/pools").json().get("pools").get(0).toString())
                .isEqualTo("{\"name\":\"web\",\"panic\":false,\"up\":0,\"servers\":2}");
        assertThat(get("/v1/pools/web").json().get("config").get("health")).isNotNull();
        assertThat(get("/v1/pools/nope").status()).isEqualTo(404);
        assertThat(get("/v1/pools/nope/servers").status()).isEqualTo(404);
        assertThat(get("/v1/pools/web/servers").json().get("servers").size()).isEqualTo(2);
        assertThat(get("/v1/pools/web/servers/a:1").json().get("origin").asString())
                .isEqualTo("file");
        assertThat(get("/v1/pools/api/servers/unix%3A%2Frun%2Fapi.sock").status())
                .isEqualTo(200);
        assertThat(get("/v1/pools/web/servers/x:1").status()).isEqualTo(404);
        assertThat(get("/v1/pools/web/servers/x").status()).isEqualTo(404);
        assertThat(get("/v1/pools/nope/servers/a:1").status()).isEqualTo(404);
    }

    @Test
    void server_posted_isThereWithItsPlaceAndTag() {
        AdminResponse added =
                ask("POST", "/v1/pools/web/servers", "{\"address\":\"N:1\",\"weight\":3,\"backup\":true}");
        assertThat(added.status()).isEqualTo(201);
        assertThat(added.fields()).containsEntry("Location", "/v1/pools/web/servers/N:1");
        assertThat(added.json().get("origin").asString()).isEqualTo("api");
        assertThat(servers("web")).containsExactly("a:1*1ready", "b:1*2ready", "N:1*3ready");
        assertThat(tag(get("/v1/pools/web/servers/n:1"))).isEqualTo(tag(added));
        AdminResponse again = ask("POST", "/v1/pools/web/servers", "{\"address\":\"n:1\"}");
        assertThat(again.status()).isEqualTo(409);
        assertThat(detail(again)).isEqualTo("The pool 'web' has the server n:1 already.");
        assertThat(ask("POST", "/v1/pools/nope/servers", "{\"address\":\"n:1\"}")
                        .status())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"address":"n:1","wieght":3}       | unknown key 'wieght'; did you mean 'weight'?
                    {"address":"n"}                    | address: found 'n', expected host:port, [::1]:80 or unix:/path; the port is missing
                    {"weight":3}                       | the key 'address' is missing
                    {"address":"n:1","weight":300}     | weight: found '300', expected a whole number from 0 to 256
                    {"address":"n:1","weight":"3"}     | weight: found '3' in quotes, expected a whole number from 0 to 256
                    {"address":"n:1",                  | The content is not JSON: Unexpected end-of-input within
                    ["n:1"]                            | The content is to be a JSON object.
                    """)
    void server_thatIsNone_isRefusedAsInTheFile(String content, String detail) {
        AdminResponse refused = ask("POST", "/v1/pools/web/servers", content);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(detail(refused)).startsWith(detail);
        assertThat(view.applied).isEmpty();
    }

    @Test
    void json_thatCurlCallsAForm_isTaken() {
        String form = "application/x-www-form-urlencoded";
        assertThat(ask("PATCH", "/v1/pools/web/servers/a:1", "{\"weight\":4}", "content-type", form)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void content_ofAnotherType_is415() {
        String form = "application/x-www-form-urlencoded";
        assertThat(ask("POST", "/v1/pools/web/servers", "a=b", "content-type", form)
                        .status())
                .isEqualTo(415);
        assertThat(ask("PATCH", "/v1/pools/web/servers/a:1", "a=b", "content-type", "text/plain")
                        .status())
                .isEqualTo(415);
        assertThat(ask("PUT", "/v1/pools/web/servers/a:1", "a=b", "content-type", form)
                        .status())
                .isEqualTo(415);
        assertThat(ask("PUT", "/v1/pools/web", "a=b", "content-type", form).status())
                .isEqualTo(415);
        assertThat(ask("POST", "/v1/routes", "a=b", "content-type", form).status())
                .isEqualTo(415);
        assertThat(ask("POST", "/v1/plan", "a=b", "content-type", form).status())
                .isEqualTo(415);
        assertThat(ask(
                                "PATCH",
                                "/v1/pools/web/servers/a:1",
                                "{\"weight\":4}",
                                "content-type",
                                "application/json; charset=utf-8")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void server_patched_changesOnlyWhatIsNamed() {
        AdminResponse drained = ask("PATCH", "/v1/pools/web/servers/b:1", "{\"state\":\"drain\"}");
        assertThat(drained.status()).isEqualTo(200);
        assertThat(servers("web")).containsExactly("a:1*1ready", "b:1*2drain");
        assertThat(ask("PATCH", "/v1/pools/web/servers/b:1", "{\"weight\":5,\"max-requests\":\"off\"}")
                        .status())
                .isEqualTo(200);
        assertThat(servers("web")).containsExactly("a:1*1ready", "b:1*5drain");
        assertThat(ask("PATCH", "/v1/pools/web/servers/b:1", "{\"weight\":null,\"state\":null}")
                        .status())
                .isEqualTo(200);
        assertThat(view.control.state().overlay().isEmpty()).isTrue();
        assertThat(ask("PATCH", "/v1/pools/web/servers/b:1", "{\"state\":\"up\"}")
                        .status())
                .isEqualTo(400);
        assertThat(ask("PATCH", "/v1/pools/web/servers/x:1", "{\"weight\":1}").status())
                .isEqualTo(404);
    }

    @Test
    void server_put_isExactlySo() {
        String put = "{\"weight\":7}";
        assertThat(ask("PUT", "/v1/pools/web/servers/n:1", put).status()).isEqualTo(201);
        assertThat(ask("PUT", "/v1/pools/web/servers/n:1", put).status()).isEqualTo(200);
        assertThat(servers("web")).endsWith("n:1*7ready");
        assertThat(ask("PUT", "/v1/pools/web/servers/n:1", "{\"address\":\"m:1\"}")
                        .status())
                .isEqualTo(400);
        assertThat(ask("PUT", "/v1/pools/nope/servers/n:1", put).status()).isEqualTo(404);
        assertThat(ask("PUT", "/v1/pools/web/servers/n:1", put, "if-none-match", "*")
                        .status())
                .isEqualTo(412);
    }

    @Test
    void server_deleted_tellsWhatIsStillUnderWay() {
        view.inFlight.put("web/b:1", 3);
        assertThat(ask("DELETE", "/v1/pools/web/servers/a:1", "").status()).isEqualTo(204);
        AdminResponse leaving = ask("DELETE", "/v1/pools/web/servers/b:1", "");
        assertThat(leaving.status()).isEqualTo(202);
        assertThat(leaving.json().get("in_flight").intValue()).isEqualTo(3);
        assertThat(servers("web")).isEmpty();
        assertThat(view.cut).isEmpty();
        assertThat(ask("DELETE", "/v1/pools/web/servers/b:1", "").status()).isEqualTo(404);
        assertThat(ask("DELETE", "/v1/pools/api/servers/c:1?now=true", "").status())
                .isEqualTo(204);
        assertThat(view.cut).containsExactly("api/c:1");
    }

    @Test
    void tags_areOfTheConfiguration_andHonoured() {
        String web = "/v1/pools/web/servers/a:1";
        String before = tag(get(web));
        assertThat(ask("PATCH", web, "{\"weight\":4}", "if-match", before).status())
                .isEqualTo(200);
        AdminResponse lost = ask("PATCH", web, "{\"weight\":5}", "if-match", before);
        assertThat(lost.status()).isEqualTo(412);
        assertThat(detail(lost)).isEqualTo("It was changed meanwhile: its entity tag is " + tag(get(web)) + " now.");
        assertThat(ask("PATCH", web, "{\"weight\":5}", "if-match", "\"x\", " + tag(get(web)))
                        .status())
                .isEqualTo(200);
        assertThat(ask("PATCH", web, "{\"weight\":1}", "if-match", "*").status())
                .isEqualTo(200);
        assertThat(tag(get(web))).isEqualTo(before);
        assertThat(tag(new AdminApi(new FakeView(CONFIG)).answer(request("GET", web))))
                .isEqualTo(before);
        assertThat(ask("DELETE", web, "", "if-match", "\"old\"").status()).isEqualTo(412);
        assertThat(ask("POST", "/v1/pools/web/servers", "{\"address\":\"n:1\"}", "if-match", "\"old\"")
                        .status())
                .isEqualTo(412);
        assertThat(ask("PUT", "/v1/pools/new", "{}", "if-match", "*").status()).isEqualTo(412);
        assertThat(ask("DELETE", "/v1/pools/web", "", "if-match", "\"old\"").status())
                .isEqualTo(412);
        assertThat(ask("POST", "/v1/routes", "{\"pool\":\"web\"}", "if-match", "\"old\"")
                        .status())
                .isEqualTo(412);
        assertThat(ask("DELETE", "/v1/routes/api", "", "if-match", "\"old\"").status())
                .isEqualTo(412);
    }

    private static AdminRequest request(String method, String target) {
        return requireNonNull(AdminRequest.of(method, target, Map.of(), new byte[0]));
    }

    @Test
    void pool_putReplacedAndDeleted() {
        String content = "{\"servers\":[\"x:1\"],\"balance\":\"random\"}";
        AdminResponse added = ask("PUT", "/v1/pools/new", content);
        assertThat(added.status()).isEqualTo(201);
        assertThat(added.fields()).containsEntry("Location", "/v1/pools/new");
        assertThat(ask("PUT", "/v1/pools/new", added.json().get("config").toString())
                        .status())
                .isEqualTo(200);
        assertThat(ask("PUT", "/v1/pools/new", "{\"servers\":[\"x:1\",\"x:1\"]}")
                        .status())
                .isEqualTo(400);
        assertThat(ask("PUT", "/v1/pools/n%20w", content).status()).isEqualTo(400);
        view.inFlight.put("new/x:1", 2);
        assertThat(ask("DELETE", "/v1/pools/new", "").status()).isEqualTo(202);
        assertThat(ask("PUT", "/v1/pools/new", "{}").status()).isEqualTo(201);
        assertThat(ask("DELETE", "/v1/pools/new", "").status()).isEqualTo(204);
        assertThat(ask("DELETE", "/v1/pools/new", "").status()).isEqualTo(404);
        AdminResponse used = ask("DELETE", "/v1/pools/api", "");
        assertThat(used.status()).isEqualTo(409);
        assertThat(detail(used)).isEqualTo("The route api leads to the pool 'api'; change that first.");
    }

    @Test
    void routes_addedBeforeAndDeleted() {
        AdminResponse first = ask("POST", "/v1/routes", "{\"match\":{\"path\":\"/x\"},\"pool\":\"web\"}");
        assertThat(first.status()).isEqualTo(201);
        String id = first.json().get("id").asString();
        assertThat(first.fields()).containsEntry("Location", "/v1/routes/" + id);
        assertThat(ask(
                                "POST",
                                "/v1/routes",
                                "{\"name\":\"y\",\"match\":{\"path\":\"/y\"},\"pool\":\"web\",\"before\":\"rest\"}")
                        .status())
                .isEqualTo(201);
        assertThat(get("/v1/routes")
                        .json()
                        .get("routes")
                        .valueStream()
                        .map(each -> each.get("id").asString()))
                .containsExactly(id, "api", "y", "rest");
        assertThat(get("/v1/routes/y").json().get("origin").asString()).isEqualTo("api");
        assertThat(get("/v1/routes/z").status()).isEqualTo(404);
        assertThat(ask("POST", "/v1/routes", "{\"name\":\"y\",\"pool\":\"web\"}")
                        .status())
                .isEqualTo(409);
        assertThat(ask("POST", "/v1/routes", "{\"pool\":\"nope\"}").status()).isEqualTo(400);
        assertThat(ask("POST", "/v1/routes", "{\"pool\":\"web\",\"before\":1}").status())
                .isEqualTo(400);
        for (String each : List.of(id, "api", "y")) {
            assertThat(ask("DELETE", "/v1/routes/" + each, "").status()).isEqualTo(204);
        }
        assertThat(ask("DELETE", "/v1/routes/y", "").status()).isEqualTo(404);
        assertThat(ask("DELETE", "/v1/routes/rest", "").status()).isEqualTo(409);
    }

    @Test
    void config_isYamlOrJson() {
        AdminResponse yaml = get("/v1/config");
        assertThat(new String(yaml.content(), UTF_8)).startsWith("event-loops: auto\n");
        AdminResponse json = ask("GET", "/v1/config", "", "accept", "application/json");
        assertThat(json.json().get("pools").get("web").get("slow-start").asString())
                .isEqualTo("10s");
        assertThat(tag(json)).isEqualTo(tag(yaml));
    }

    @Test
    void reload_readsTheFile() throws IOException {
        assertThat(ask("POST", "/v1/reload", "").json().get("outcome").asString())
                .isEqualTo("unchanged");
        Files.writeString(file, CONFIG.replace("weight: 2", "weight: 9"));
        JsonNode reloaded = ask("POST", "/v1/reload", "").json();
        assertThat(reloaded.get("changes").get(0).get("text").asString())
                .isEqualTo("~ server b:1 of pool web: weight: 2 -> 9; new requests only");
        Files.writeString(file, CONFIG.replace("weight: 2", "weight: x").replace("pool: web", "pool: wep"));
        AdminResponse faulty = ask("POST", "/v1/reload", "");
        assertThat(faulty.status()).isEqualTo(422);
        assertThat(faulty.json().get("problems").size()).isEqualTo(2);
        assertThat(get("/v1/status").json().get("last_reload").get("outcome").asString())
                .isEqualTo("refused");
        api = new AdminApi(new FakeView(CONFIG));
        assertThat(ask("POST", "/v1/reload", "").status()).isEqualTo(409);
    }

    @Test
    void plan_tellsWhoWouldBeTouched() {
        view.inFlight.put("web/a:1", 5);
        AdminResponse plan = ask(
                "POST", "/v1/plan?name=new.yaml", CONFIG.replace("\"a:1\", ", ""), "content-type", "application/yaml");
        assertThat(plan.json().get("changes").get(0).get("text").asString())
                .isEqualTo("- server a:1 of pool web; requests under way finish (5 in flight)");
        AdminResponse faulty = ask("POST", "/v1/plan?name=new.yaml", "pools: {}", "content-type", "application/yaml");
        assertThat(faulty.status()).isEqualTo(422);
        assertThat(faulty.json().get("problems").get(0).asString()).startsWith("new.yaml:1:1: ");
        assertThat(ask("POST", "/v1/plan", " ").status()).isEqualTo(400);
        assertThat(view.applied).isEmpty();
    }

    @Test
    void diff_tellsWhatTheFileDoesNotSay() {
        view.control.discovered("api", "dns", List.of());
        ask("PATCH", "/v1/pools/web/servers/a:1", "{\"state\":\"maint\"}");
        ask("DELETE", "/v1/pools/web/servers/b:1", "");
        JsonNode diff = get("/v1/diff").json();
        assertThat(diff.get("changes")
                        .valueStream()
                        .map(each -> each.get("text").asString()))
                .containsExactly(
                        "~ server a:1 of pool web: state: ready -> maint; new requests only",
                        "- server b:1 of pool web (weight: 2); requests under way finish");
        assertThat(diff.get("changes").get(0).get("by").asString()).isEqualTo("api");
        assertThat(ask("DELETE", "/v1/diff", "").status()).isEqualTo(204);
        assertThat(get("/v1/diff").json().get("changes").size()).isZero();
    }

    @Test
    void status_tellsWhichAndHowMuch() {
        JsonNode status = get("/v1/status").json();
        assertThat(status.get("listeners").get(0).asString()).isEqualTo(":8080");
        assertThat(status.get("pools").size()).isEqualTo(2);
        assertThat(status.get("config").get("file").asString()).isEqualTo(file.toString());
        assertThat(status.get("last_reload").isNull()).isTrue();
    }

    @Test
    void change_ofUnknownOutcome_is503ThatSaysSo() {
        view.refusal = "etcd does not answer";
        view.unknown = true;
        AdminResponse answer = ask("PUT", "/v1/pools/new", "{}");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(detail(answer))
                .isEqualTo("Whether the change was made is not known: etcd does not answer. "
                        + "It may be made yet; look before you try again.");
    }

    @Test
    void change_thatCannotBeMade_is503AndNothingHasChanged() {
        view.refusal = "the disk is full";
        List<AdminResponse> refused = List.of(
                ask("POST", "/v1/pools/web/servers", "{\"address\":\"n:1\"}"),
                ask("PUT", "/v1/pools/web/servers/n:1", "{}"),
                ask("PATCH", "/v1/pools/web/servers/a:1", "{\"weight\":9}"),
                ask("DELETE", "/v1/pools/web/servers/a:1", ""),
                ask("PUT", "/v1/pools/new", "{}"),
                ask("POST", "/v1/routes", "{\"name\":\"n\",\"pool\":\"web\"}"),
                ask("DELETE", "/v1/routes/api", ""));
        assertThat(refused).allSatisfy(answer -> {
            assertThat(answer.status()).isEqualTo(503);
            assertThat(detail(answer)).isEqualTo("The change was not made: the disk is full.");
        });
        assertThat(view.control.state().overlay().isEmpty()).isTrue();
        view.refusal = "";
        ask("PUT", "/v1/pools/new", "{}");
        view.refusal = "the disk is full";
        assertThat(ask("DELETE", "/v1/pools/new", "").status()).isEqualTo(503);
        assertThat(ask("DELETE", "/v1/diff", "").status()).isEqualTo(503);
    }

    @Test
    void upgrade_tellsTheProcessThatTookOver() {
        assertThat(ask("POST", "/v1/upgrade", "").json().get("pid").intValue()).isEqualTo(77);
        view.refusal = "it does not start";
        assertThat(detail(ask("POST", "/v1/upgrade", ""))).isEqualTo("it does not start");
    }

    @Test
    void method_unknown_is405WithThoseThatAreThere() {
        AdminResponse refused = ask("DELETE", "/v1/pools", "");
        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.fields()).containsEntry("Allow", "GET, HEAD");
        assertThat(ask("GET", "/v1/reload", "").fields()).containsEntry("Allow", "POST");
        assertThat(ask("GET", "/v2", "").status()).isEqualTo(404);
    }
}
