package dev.weir.control;

import static dev.weir.control.Configs.at;
import static dev.weir.control.Configs.pool;
import static dev.weir.control.Configs.read;
import static dev.weir.control.Configs.route;
import static dev.weir.control.Configs.routes;
import static dev.weir.control.Configs.server;
import static dev.weir.control.Configs.servers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.weir.config.AdminState;
import dev.weir.config.WeirConfig;
import dev.weir.control.Effective.Idle;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ControlTest {
    private final List<WeirConfig> applied = new ArrayList<>();
    private final MemoryStore store = new MemoryStore();
    private Control control;
    private String refusal = "";

    @BeforeEach
    void open() throws IOException {
        control = Control.open(Configs.two(), "1", store);
        control.attach(this::apply, control.state().config());
    }

    private void apply(WeirConfig config) throws IOException {
        if (!refusal.isEmpty()) {
            throw new IOException(refusal);
        }
        applied.add(config);
    }

    private WeirConfig now() {
        assertThat(applied.getLast()).isEqualTo(control.state().config());
        return applied.getLast();
    }

    private Refused refused(Edit edit) {
        Refused refused = catchThrowableOfType(Refused.class, () -> control.edit(edit));
        assertThat(refused).isNotNull();
        return refused;
    }

    @Test
    void attach_atWhatWasStarted_appliesNothing() {
        assertThat(applied).isEmpty();
    }

    @Test
    void server_added_standsLastAndIsKept() throws Exception {
        control.edit(Edit.addServer("web", server("{address: 'n:1', weight: 3}")));
        assertThat(servers(now(), "web")).containsExactly("a:1", "b:1*2", "n:1*3");
        assertThat(store.load().overlay()).isEqualTo(control.state().overlay());
        assertThat(refused(Edit.addServer("web", server("{address: 'N:1'}"))).why())
                .isEqualTo(Refused.Why.CONFLICT);
        assertThat(refused(Edit.addServer("nope", server("{address: 'n:1'}")))).hasMessage("There is no pool 'nope'.");
    }

    @Test
    void edit_frozen_isRefusedUntilItIsNot() throws Exception {
        Edit edit = Edit.addServer("web", server("{address: 'n:1'}"));
        control.freeze(true);
        assertThat(refused(edit)).hasMessageContaining("An upgrade is under way");
        assertThat(applied).isEmpty();
        control.freeze(false);
        control.edit(edit);
        assertThat(servers(now(), "web")).contains("n:1");
    }

    @Test
    void server_removed_staysAwayOverAReload() throws Exception {
        control.edit(Edit.removeServer("web", at("a:1")));
        assertThat(servers(now(), "web")).containsExactly("b:1*2");
        control.base(read(Configs.TEXT.replace("weight: 2", "weight: 5")), "2");
        assertThat(servers(now(), "web")).containsExactly("b:1*5");
        assertThat(refused(Edit.removeServer("web", at("a:1"))).why()).isEqualTo(Refused.Why.MISSING);
    }

    @Test
    void server_changed_followsTheFileInTheRest() throws Exception {
        control.edit(Edit.changeServer("web", at("a:1"), Map.of("state", AdminState.DRAIN), Set.of()));
        control.base(read(Configs.TEXT.replace("\"a:1\"", "{ address: \"a:1\", weight: 9 }")), "2");
        assertThat(control.state().server("web", "a:1")).isEqualTo(server("{address: 'a:1', weight: 9, state: drain}"));
        control.edit(Edit.changeServer("web", at("a:1"), Map.of(), Set.of("state")));
        assertThat(control.state().overlay()).isEqualTo(Overlay.NONE);
    }

    @Test
    void edits_thatBringBackTheFile_leaveNoTrace() throws Exception {
        control.edit(Edit.changeServer("web", at("b:1"), Map.of("weight", 7), Set.of()));
        control.edit(Edit.changeServer("web", at("b:1"), Map.of("weight", 2), Set.of()));
        control.edit(Edit.removeServer("web", at("a:1")));
        control.edit(Edit.addServer("web", server("{address: 'a:1'}")));
        control.edit(Edit.addServer("api", server("{address: 'n:1'}")));
        control.edit(Edit.changeServer("api", at("n:1"), Map.of("weight", 4), Set.of()));
        assertThat(servers(now(), "api")).containsExactly("c:1", "n:1*4");
        control.edit(Edit.removeServer("api", at("n:1")));
        control.edit(Edit.putPool("api", pool("{servers: ['x:1']}")));
        control.edit(Edit.putPool("api", pool("{servers: ['c:1']}")));
        assertThat(control.state().overlay()).isEqualTo(Overlay.NONE);
        assertThat(now()).isEqualTo(Configs.two());
    }

    @Test
    void editOfAPoolThatIsGone_waitsAndComesBack() throws Exception {
        control.edit(Edit.addServer("api", server("{address: 'n:1'}")));
        control.base(read("listeners: [{ bind: ':8080' }]\npools: { web: { servers: ['a:1'] } }\n"), "2");
        assertThat(now().pools()).containsOnlyKeys("web");
        assertThat(control.state().effective().idle())
                .containsExactly(new Idle("the server n:1 of the pool api is added", "there is no pool 'api' now"));
        control.base(Configs.two(), "3");
        assertThat(servers(now(), "api")).containsExactly("c:1", "n:1");
        assertThat(control.state().effective().idle()).isEmpty();
    }

    @Test
    void pool_putAndRemoved() throws Exception {
        control.edit(Edit.putPool("new", pool("{balance: random, servers: ['x:1']}")));
        assertThat(now().pools()).containsOnlyKeys("web", "api", "new");
        assertThat(refused(Edit.removePool("api")))
                .hasMessage("The route api leads to the pool 'api'; change that first.");
        control.edit(Edit.removePool("new"));
        assertThat(control.state().overlay()).isEqualTo(Overlay.NONE);
        control.edit(Edit.removeRoute("api"));
        control.edit(Edit.removePool("api"));
        assertThat(now().pools()).containsOnlyKeys("web");
        assertThat(refused(Edit.removePool("api")).why()).isEqualTo(Refused.Why.MISSING);
    }

    @Test
    void removedPool_thatTheFileRoutesToAgain_isThere() throws Exception {
        control.edit(Edit.removeRoute("api"));
        control.edit(Edit.removePool("api"));
        control.base(read(Configs.TEXT.replace("name: api", "name: other")), "2");
        assertThat(now().pools()).containsKey("api");
        assertThat(control.state().effective().idle())
                .containsExactly(
                        new Idle("the route api is removed", "the file does not have it"),
                        new Idle("the pool api is removed", "the route other leads to it"));
    }

    @Test
    void routes_addedFirstOrBefore_andRemoved() throws Exception {
        control.edit(Edit.addRoute(route("{name: x, match: {path: /x}, pool: web}"), ""));
        control.edit(Edit.addRoute(route("{name: y, match: {path: /y}, pool: web}"), "api"));
        assertThat(routes(now())).containsExactly("/x>web", "/y>web", "/api/*>api", ">web");
        assertThat(refused(Edit.addRoute(route("{name: x, pool: web}"), "")).why())
                .isEqualTo(Refused.Why.CONFLICT);
        assertThat(refused(Edit.addRoute(route("{pool: nope}"), "")).why()).isEqualTo(Refused.Why.UNSOUND);
        assertThat(refused(Edit.addRoute(route("{name: z, pool: web}"), "zz")).why())
                .isEqualTo(Refused.Why.UNSOUND);
        control.edit(Edit.removeRoute("x"));
        control.edit(Edit.removeRoute(Digest.of(route("{pool: web}"))));
        assertThat(routes(now())).containsExactly("/y>web", "/api/*>api");
        control.edit(Edit.removeRoute("y"));
        assertThat(refused(Edit.removeRoute("api"))).hasMessage("The last route cannot be removed.");
    }

    @Test
    void route_addedWhereThereWereNone_keepsTheOnlyPoolItsRequests() throws Exception {
        control.base(read("listeners: [{ bind: ':8080' }]\npools: { web: { servers: ['a:1'] } }\n"), "2");
        control.edit(Edit.putPool("api", pool("{servers: ['c:1']}")));
        assertThat(routes(now())).containsExactly(">web");
        control.edit(Edit.addRoute(route("{match: {path: /api/*}, pool: api}"), ""));
        assertThat(routes(now())).containsExactly("/api/*>api", ">web");
    }

    @Test
    void discovered_standBetweenFileAndApi_andChangesOfThemWait() throws Exception {
        control.edit(Edit.addServer("web", server("{address: 'n:1'}")));
        control.discovered("web", "dns", List.of(server("{address: 'd:1'}"), server("{address: 'a:1', weight: 9}")));
        assertThat(servers(now(), "web")).containsExactly("a:1", "b:1*2", "d:1", "n:1");
        control.edit(Edit.changeServer("web", at("d:1"), Map.of("weight", 5), Set.of()));
        assertThat(servers(now(), "web")).contains("d:1*5");
        control.discovered("web", "dns", List.of());
        assertThat(servers(now(), "web")).containsExactly("a:1", "b:1*2", "n:1");
        assertThat(control.state().effective().idle())
                .singleElement()
                .satisfies(idle ->
                        assertThat(idle.change()).isEqualTo("the server d:1 of the pool web has another weight"));
        control.discovered("web", "dns", List.of(server("{address: 'd:1'}")));
        assertThat(servers(now(), "web")).contains("d:1*5");
        control.forget("web", "dns");
        assertThat(control.state().discovered()).isEmpty();
    }

    @Test
    void change_thatCannotBeApplied_isNotKept() {
        refusal = "no";
        assertThatThrownBy(() -> control.edit(Edit.addServer("web", server("{address: 'n:1'}"))))
                .hasMessage("no");
        assertThat(store.load().overlay()).isEqualTo(Overlay.NONE);
        assertThat(control.state().config()).isEqualTo(Configs.two());
        assertThatThrownBy(() -> control.base(read(Configs.TEXT.replace("weight: 2", "weight: 3")), "2"))
                .hasMessage("no");
        assertThat(control.state().version()).isEqualTo("1");
    }

    @Test
    void change_madeMeanwhileByAnother_isJoined() throws Exception {
        Overlay other = Edit.addServer("web", server("{address: 'o:1'}")).on(control.state());
        assertThat(store.save(other, store.load().revision())).isPresent();
        control.edit(Edit.addServer("web", server("{address: 'n:1'}")));
        assertThat(servers(now(), "web")).containsExactly("a:1", "b:1*2", "o:1", "n:1");
    }

    @Test
    void change_madeByAnother_isFollowedWhenToldOf() throws Exception {
        List<Consumer<StateStore.Saved>> watchers = new ArrayList<>();
        StateStore shared = new StateStore() {
            @Override
            public Saved load() {
                return new Saved(Overlay.NONE, 3);
            }

            @Override
            public OptionalLong save(Overlay overlay, long expected) {
                return OptionalLong.empty();
            }

            @Override
            public void watch(Consumer<Saved> changed) {
                watchers.add(changed);
            }

            @Override
            public boolean isDurable() {
                return true;
            }

            @Override
            public void close() {
                watchers.clear();
            }
        };
        try (Control follower = Control.open(Configs.two(), "1", shared)) {
            Overlay other = Edit.removeServer("web", at("a:1")).on(follower.state());
            watchers.getFirst().accept(new StateStore.Saved(other, 4));
            assertThat(servers(follower.state().config(), "web")).containsExactly("b:1*2");
            watchers.getFirst().accept(new StateStore.Saved(Overlay.NONE, 3));
            assertThat(servers(follower.state().config(), "web")).containsExactly("b:1*2");
        }
    }

    @Test
    void forgetAll_bringsBackTheFile() throws Exception {
        control.edit(Edit.removeServer("web", at("a:1")));
        control.edit(Edit.addRoute(route("{name: x, match: {path: /x}, pool: web}"), ""));
        assertThat(control.state().overlay().size()).isEqualTo(2);
        control.edit(Edit.forgetAll());
        assertThat(now()).isEqualTo(Configs.two());
    }
}
