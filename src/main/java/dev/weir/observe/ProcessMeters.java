package dev.weir.observe;

import com.sun.management.UnixOperatingSystemMXBean;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.List;

/**
 * The process and its JVM: memory, threads, CPU time, files. The names are those that Prometheus clients share, so
 * that common dashboards and alerts work; the management beans are first touched by the first scrape.
 */
public final class ProcessMeters {
    private ProcessMeters() {}

    /** Offers all of them to {@code meters}. */
    public static void register(Meters meters, String version) {
        meters.gauge("weir_build_info", "The version that runs.", List.of("version"), out -> out.add(1, version));
        process(meters);
        memory(meters);
        meters.gauge(
                "jvm_threads_current",
                "Platform threads.",
                List.of(),
                out -> out.add(ManagementFactory.getThreadMXBean().getThreadCount()));
    }

    private static void process(Meters meters) {
        meters.gauge(
                "process_start_time_seconds",
                "When the process began, in seconds since 1970.",
                List.of(),
                out -> out.add(ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3));
        meters.counter("process_cpu_seconds_total", "User and system CPU time of the process.", List.of(), out -> {
            if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
                out.add(system.getProcessCpuTime() / 1e9);
            }
        });
        meters.gauge("process_open_fds", "Open file descriptors.", List.of(), out -> {
            if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
                out.add(system.getOpenFileDescriptorCount());
            }
        });
        meters.gauge("process_max_fds", "How many file descriptors may be open.", List.of(), out -> {
            if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
                out.add(system.getMaxFileDescriptorCount());
            }
        });
    }

    private static void memory(Meters meters) {
        meters.gauge("jvm_memory_used_bytes", "Memory of the JVM in use.", List.of("area"), out -> {
            out.add(heap().getUsed(), "heap");
            out.add(nonHeap().getUsed(), "nonheap");
        });
        meters.gauge("jvm_memory_committed_bytes", "Memory that the JVM holds.", List.of("area"), out -> {
            out.add(heap().getCommitted(), "heap");
            out.add(nonHeap().getCommitted(), "nonheap");
        });
        meters.gauge("jvm_buffer_pool_used_bytes", "Memory outside the heap by kind.", List.of("pool"), out -> {
            for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
                out.add(pool.getMemoryUsed(), pool.getName());
            }
        });
        meters.gauge("weir_buffer_bytes", "Memory that network buffers hold.", List.of("area"), out -> {
            if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider) {
                ByteBufAllocatorMetric metric = provider.metric();
                out.add(metric.usedHeapMemory(), "heap");
                out.add(metric.usedDirectMemory(), "direct");
            }
        });
        meters.counter("jvm_gc_collection_seconds_total", "Time spent in collections.", List.of("gc"), out -> {
            for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
                out.add(collector.getCollectionTime() / 1e3, collector.getName());
            }
        });
    }

    private static MemoryUsage heap() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    }

    private static MemoryUsage nonHeap() {
        return ManagementFactory.getMemoryMXBean().getNonHeapMemoryUsage();
    }
}
