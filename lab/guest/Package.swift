// swift-tools-version: 6.2
import PackageDescription

// The programs that run inside the lab's guest, and the programs that scenarios run as its clients.
// None imports Foundation: the guest has 128 MiB, and `build` links every program statically.
let package = Package(
    name: "lab-guest",
    targets: [
        .target(name: "CGuest"),
        .target(name: "GuestSupport", dependencies: ["CGuest"]),
        .systemLibrary(name: "CSQLite"),
        .target(name: "GuestServices", dependencies: ["CSQLite", "GuestSupport"]),
        .target(name: "ClientChecks", dependencies: ["CGuest", "GuestSupport"]),
        .executableTarget(name: "guest-services", dependencies: ["GuestServices", "GuestSupport"]),
        .executableTarget(name: "client-counter", dependencies: ["ClientChecks", "GuestSupport"]),
        .executableTarget(name: "client-verifier", dependencies: ["ClientChecks", "GuestSupport"]),
        .executableTarget(name: "client-database", dependencies: ["ClientChecks", "GuestSupport"]),
        .executableTarget(name: "client-latency", dependencies: ["ClientChecks", "GuestSupport"]),
        .executableTarget(name: "client-session", dependencies: ["ClientChecks", "GuestSupport"]),
        .testTarget(name: "GuestSupportTests", dependencies: ["GuestSupport"]),
        .testTarget(name: "GuestServicesTests", dependencies: ["GuestServices"]),
        .testTarget(name: "ClientChecksTests", dependencies: ["ClientChecks", "GuestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where [.regular, .executable, .test].contains(target.type) && target.name != "CGuest" {
    target.swiftSettings = [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
