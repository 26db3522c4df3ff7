internal import ReplicaModel

extension HeartbeatConfiguration {
    /// Checks every value against its range.
    ///
    /// - Throws: ``HeartbeatError/configuration(_:)`` with the first fault found.
    public func check() throws(HeartbeatError) {
        try require(HostName(ownName) != nil, "own name \"\(ownName)\" is not 1 to 64 letters, digits, '.', '-' or '_'")
        try require(
            HostName(peerName) != nil, "peer name \"\(peerName)\" is not 1 to 64 letters, digits, '.', '-' or '_'")
        try require(ownName != peerName, "own name and peer name are both \"\(ownName)\"; name the other host")
        try require((10...1000).contains(interval.rawValue), "interval \(interval.rawValue) ms is not in 10...1000")
        try require((3...100).contains(misses), "misses \(misses) is not in 3...100")
        try require(
            (interval.rawValue * 3...60_000).contains(lease.rawValue),
            "lease \(lease.rawValue) ms is not in \(interval.rawValue * 3)...60000 (three intervals at least)")
        try require(
            (1...60_000).contains(driftMargin.rawValue) && driftMargin.rawValue * 100 >= lease.rawValue,
            "drift margin \(driftMargin.rawValue) ms is not in 1...60000 and at least a hundredth of the lease")
        try require(keyPath.hasPrefix("/"), "key file \"\(keyPath)\" is not an absolute path")
        try require(
            realtimePriority.map { (1...99).contains($0) } ?? true, "real-time priority is not in 1...99")
        try require(
            (1...HeartbeatLimits.paths).contains(paths.count),
            "\(paths.count) paths are configured; give 1 to \(HeartbeatLimits.paths)")
        for (index, path) in paths.enumerated() {
            let name = path.name
            try require(
                (1...HeartbeatLimits.pathName).contains(name.utf8.count),
                "path name \"\(name)\" is not 1 to \(HeartbeatLimits.pathName) bytes")
            try require(!paths[..<index].contains { $0.name == name }, "path name \"\(name)\" is used twice")
            try require(path.port != 0, "path \"\(name)\" has port 0")
            try require(
                path.carrierInterface.utf8.count <= 15 && !path.carrierInterface.contains("/"),
                "path \"\(name)\": \"\(path.carrierInterface)\" is not an interface name")
        }
    }

    private func require(_ holds: Bool, _ fault: @autoclosure () -> String) throws(HeartbeatError) {
        if !holds { throw .configuration(fault()) }
    }
}
