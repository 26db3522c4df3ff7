// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "lab",
    products: [
        .executable(name: "lab", targets: ["lab"]),
        .executable(name: "labrun", targets: ["labrun"]),
        .executable(name: "labplot", targets: ["labplot"]),
    ],
    targets: [
        .target(name: "LabKit", swiftSettings: settings),
        .executableTarget(name: "lab", dependencies: ["LabKit"], swiftSettings: settings),
        .executableTarget(name: "labrun", dependencies: ["LabKit"], swiftSettings: settings),
        .executableTarget(name: "labplot", dependencies: ["LabKit"], swiftSettings: settings),
        .testTarget(name: "LabKitTests", dependencies: ["LabKit"], swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
