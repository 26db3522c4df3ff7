// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "replicactl",
    products: [
        .executable(name: "replicactl", targets: ["replicactl"])
    ],
    targets: [
        // One small C target a library.
        .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
        .target(
            name: "CXenCtrl",
            cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [
                .linkedLibrary("xenctrl"), .linkedLibrary("xenguest"), .linkedLibrary("xenforeignmemory"),
                .linkedLibrary("xenevtchn"), .linkedLibrary("xenstore"), .linkedLibrary("xencall"),
                .linkedLibrary("xentoollog"),
            ]),
        .target(
            name: "CXenLight",
            cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [.linkedLibrary("xenlight"), .linkedLibrary("xentoollog")]),
        .systemLibrary(
            name: "CNetlinkRoute", pkgConfig: "libnl-route-3.0", providers: [.apt(["libnl-route-3-dev"])]),
        .systemLibrary(
            name: "CNetlinkGeneric", pkgConfig: "libnl-genl-3.0", providers: [.apt(["libnl-genl-3-dev"])]),
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CPrefetch"),
        .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CTomlPlusPlus"),
        .target(name: "CDeviceMapper", linkerSettings: [.linkedLibrary("devmapper")]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),

        .target(name: "SystemKit", dependencies: ["CISAL", "CLinux"]),
        .target(name: "ReplicaModel"),
        .target(name: "Telemetry", dependencies: ["CSystemd", "SystemKit"]),
        .target(
            name: "XenToolstack", dependencies: ["CXenCtrl", "CXenLight", "CLinux", "SystemKit", "ReplicaModel"]),
        .target(name: "CheckpointStream", dependencies: ["SystemKit", "ReplicaModel"]),
        .target(name: "PageEncoding", dependencies: ["CLZ4", "CPrefetch", "CZstd", "SystemKit"]),
        .target(name: "OutputBuffer", dependencies: ["CNetlinkRoute", "CLinux", "SystemKit"]),
        .target(
            name: "DiskMirror",
            dependencies: ["CDeviceMapper", "CNetlinkGeneric", "CLinux", "SystemKit", "ReplicaModel"]),
        .target(name: "Heartbeat", dependencies: ["CSodium", "CLinux", "SystemKit", "ReplicaModel", "Telemetry"]),
        .target(name: "Witness", dependencies: ["CCurl", "SystemKit", "ReplicaModel"]),
        .target(name: "Fencing", dependencies: ["SystemKit", "ReplicaModel"]),
        .target(name: "ReplicaProtocol", dependencies: ["Heartbeat", "ReplicaModel", "Witness"]),
        .target(name: "Pacing", dependencies: ["ReplicaModel"]),
        .target(name: "Simulation", dependencies: ["Heartbeat", "ReplicaModel", "ReplicaProtocol", "Witness"]),
        .target(
            name: "ReplicaControl",
            dependencies: [
                "CTomlPlusPlus", "SystemKit", "ReplicaModel", "ReplicaProtocol", "Telemetry", "XenToolstack",
                "Witness", "Fencing", "Simulation",
                "CheckpointStream", "PageEncoding", "OutputBuffer", "DiskMirror", "Heartbeat", "Pacing",
            ]),
        .executableTarget(name: "replicactl", dependencies: ["ReplicaControl", "XenToolstack"]),

        // For tests and recordings; not installed.
        .target(
            name: "ReplicaRecorder", dependencies: ["ReplicaControl", "CheckpointStream", "ReplicaModel", "SystemKit"]),
        .executableTarget(name: "replica-recorder", dependencies: ["ReplicaRecorder"]),
        .executableTarget(
            name: "heartbeat-soak", dependencies: ["Heartbeat", "ReplicaModel", "SystemKit", "Telemetry"]),
        .target(name: "PageSamples", path: "Tests/PageSamples"),

        .executableTarget(name: "disk-exercise", dependencies: ["CLinux", "DiskMirror", "ReplicaModel", "SystemKit"]),

        // Benchmarks; not installed.
        .target(name: "PageTrace", dependencies: ["SystemKit"]),
        .target(name: "ReplicaMeter", dependencies: ["PageTrace", "ReplicaModel", "SystemKit", "XenToolstack"]),
        .executableTarget(name: "replica-meter", dependencies: ["ReplicaMeter"]),
        // Takes the place of malloc in its process, to count.
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        .target(
            name: "ReplicaBenchmark",
            dependencies: [
                "CAllocationCount", "CheckpointStream", "PageEncoding", "PageSamples", "PageTrace", "ReplicaModel",
                "SystemKit",
            ],
            path: "Benchmarks/ReplicaBenchmark"),
        .executableTarget(
            name: "replica-benchmark", dependencies: ["ReplicaBenchmark"], path: "Benchmarks/replica-benchmark"),

        // What several test targets share.
        .target(name: "TestSupport", dependencies: ["SystemKit"], path: "Tests/TestSupport"),

        .testTarget(name: "SystemKitTests", dependencies: ["SystemKit"]),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", "SystemKit"]),
        .testTarget(name: "CheckpointStreamTests", dependencies: ["CheckpointStream", "ReplicaModel", "SystemKit"]),
        .testTarget(name: "PageEncodingTests", dependencies: ["PageEncoding", "PageSamples", "CAllocationCount"]),
        .testTarget(name: "OutputBufferTests", dependencies: ["OutputBuffer", "SystemKit", "TestSupport"]),
        .testTarget(
            name: "DiskMirrorTests", dependencies: ["DiskMirror", "ReplicaModel", "SystemKit", "TestSupport"],
            // Read by path, as the other files of the repository that tests compare with.
            exclude: ["Mirror/Golden"]),
        .testTarget(name: "HeartbeatTests", dependencies: ["Heartbeat", "SystemKit", "ReplicaModel", "Telemetry"]),
        .testTarget(name: "WitnessTests", dependencies: ["Witness", "SystemKit", "ReplicaModel"]),
        .testTarget(name: "FencingTests", dependencies: ["Fencing", "SystemKit", "ReplicaModel"]),
        .testTarget(
            name: "XenToolstackTests", dependencies: ["XenToolstack", "SystemKit", "ReplicaModel", "TestSupport"]),
        .testTarget(
            name: "ReplicaProtocolTests",
            dependencies: ["ReplicaProtocol", "Heartbeat", "ReplicaModel", "Witness", "TestSupport"],
            // Read by path, as the other files of the repository that tests compare with.
            exclude: ["Golden"]),
        .testTarget(name: "PacingTests", dependencies: ["Pacing", "ReplicaModel"]),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation", "ReplicaModel", "ReplicaProtocol", "TestSupport"],
            // Read by path, as the other files of the repository that tests compare with.
            exclude: ["Golden"]),
        .testTarget(
            name: "ReplicaControlTests",
            dependencies: [
                "ReplicaControl", "ReplicaProtocol", "ReplicaRecorder", "SystemKit", "ReplicaModel", "Heartbeat",
                "CheckpointStream", "DiskMirror", "OutputBuffer", "Pacing", "XenToolstack", "TestSupport",
                "PageEncoding", "PageSamples", "CAllocationCount",
            ]),
        .testTarget(
            name: "ReplicaBenchmarkTests",
            dependencies: ["ReplicaBenchmark", "PageSamples", "PageTrace", "PageEncoding", "SystemKit", "TestSupport"]),
        .testTarget(
            name: "PageTraceTests",
            dependencies: ["PageTrace", "ReplicaMeter", "SystemKit", "TestSupport", "XenToolstack"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11,
    cxxLanguageStandard: .cxx17
)

// The same rules everywhere: warnings are errors, imports do not leak into public signatures by accident.
for target in package.targets where [.regular, .executable, .test].contains(target.type) {
    // C and C++ targets hold no Swift and take no Swift settings.
    let c = ["CLinux", "CXenCtrl", "CXenLight", "CTomlPlusPlus", "CCurl", "CDeviceMapper", "CAllocationCount"]
    if c.contains(target.name) { continue }
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .treatAllWarnings(as: .error),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            // Bugs to be switched on by tests; a release build has none.
            .define("PLANTED_FAULTS", .when(configuration: .debug)),
        ]
}
