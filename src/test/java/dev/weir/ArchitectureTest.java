package dev.weir;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses WEIR = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.weir");

    @Test
    void packages_knowOnlyTheLayersBelow() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .withOptionalLayers(true)
                .layer("config")
                .definedBy("dev.weir.config..")
                .layer("http")
                .definedBy("dev.weir.http..")
                .layer("http2")
                .definedBy("dev.weir.http2..")
                .layer("observe")
                .definedBy("dev.weir.observe..")
                .layer("loop")
                .definedBy("dev.weir.loop..")
                .layer("tls")
                .definedBy("dev.weir.tls..")
                .layer("pool")
                .definedBy("dev.weir.pool..")
                .layer("limit")
                .definedBy("dev.weir.limit..")
                .layer("balance")
                .definedBy("dev.weir.balance..")
                .layer("route")
                .definedBy("dev.weir.route..")
                .layer("upstream")
                .definedBy("dev.weir.upstream..")
                .layer("health")
                .definedBy("dev.weir.health..")
                .layer("proxy")
                .definedBy("dev.weir.proxy..")
                .layer("downstream")
                .definedBy("dev.weir.downstream..")
                .layer("control")
                .definedBy("dev.weir.control..")
                .layer("admin")
                .definedBy("dev.weir.admin..")
                .layer("process")
                .definedBy("dev.weir.process..")
                .layer("etcd")
                .definedBy("dev.weir.etcd..")
                .layer("discovery")
                .definedBy("dev.weir.discovery..")
                .layer("fleet")
                .definedBy("dev.weir.fleet..")
                .layer("root")
                .definedBy("dev.weir")
                .whereLayer("config")
                .mayNotAccessAnyLayer()
                .whereLayer("http")
                .mayNotAccessAnyLayer()
                .whereLayer("loop")
                .mayNotAccessAnyLayer()
                .whereLayer("http2")
                .mayOnlyAccessLayers("http", "loop")
                .whereLayer("observe")
                .mayOnlyAccessLayers("config", "http", "loop")
                .whereLayer("tls")
                .mayOnlyAccessLayers("config", "observe")
                .whereLayer("pool")
                .mayOnlyAccessLayers("config", "observe")
                .whereLayer("limit")
                .mayOnlyAccessLayers("config")
                .whereLayer("balance")
                .mayOnlyAccessLayers("config", "pool")
                .whereLayer("route")
                .mayOnlyAccessLayers("config", "http")
                .whereLayer("upstream")
                .mayOnlyAccessLayers("config", "http", "http2", "observe", "loop", "tls", "pool")
                .whereLayer("health")
                .mayOnlyAccessLayers(
                        "config", "http", "http2", "observe", "loop", "tls", "pool", "limit", "balance", "upstream")
                .whereLayer("proxy")
                .mayOnlyAccessLayers("config", "http", "observe", "loop", "pool", "balance", "route", "upstream")
                .whereLayer("downstream")
                .mayOnlyAccessLayers("config", "http", "http2", "observe", "loop", "tls", "pool", "proxy")
                .whereLayer("control")
                .mayOnlyAccessLayers("config", "observe", "tls")
                .whereLayer("admin")
                .mayOnlyAccessLayers("config", "observe", "loop", "pool", "balance", "health", "control", "discovery")
                .whereLayer("etcd")
                .mayOnlyAccessLayers("tls")
                .whereLayer("discovery")
                .mayOnlyAccessLayers("config", "observe", "tls", "etcd")
                .whereLayer("fleet")
                .mayOnlyAccessLayers("config", "control", "etcd")
                .whereLayer("process")
                .mayOnlyAccessLayers("config", "loop")
                .check(WEIR);
    }

    @Test
    void packages_formNoCycle() {
        slices().matching("dev.weir.(*)..").should().beFreeOfCycles().check(WEIR);
    }

    @Test
    void dataPlane_neverBlocks() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.weir.proxy..",
                        "dev.weir.downstream..",
                        "dev.weir.upstream..",
                        "dev.weir.balance..",
                        "dev.weir.http..",
                        "dev.weir.http2..",
                        "dev.weir.loop..")
                .should()
                .callMethod(Thread.class, "sleep", long.class)
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.net.http..", "java.util.concurrent.locks..")
                .allowEmptyShould(true)
                .check(WEIR);
    }

    @Test
    void userRules_useLinearTimeMatching() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.weir.route..", "dev.weir.proxy..", "dev.weir.health..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.regex..")
                .allowEmptyShould(true)
                .check(WEIR);
    }
}
