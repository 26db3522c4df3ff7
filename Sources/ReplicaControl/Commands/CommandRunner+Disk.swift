// `replicactl disk`: the disks below DRBD on this host; works without the controller.

internal import ReplicaModel
internal import SystemKit

extension CommandRunner {
    func disk() throws(CommandError) -> ExitStatus {
        let (verb, resource) = try DiskVerb.parse(arguments, values: values)
        guard facts.isRoot else {
            throw CommandError(.notRoot, "only root may look at and change disks", hint: "try again as root")
        }
        let site = DiskSite(journalFolder: OwnershipStore.journalFolder(in: try stateDirectory()))
        switch verb {
        case .status:
            let report = try DiskReport(site, resource: resource)
            output.out(values["json"] == nil ? report.text : try json(report))
        case .assemble:
            try DiskAssembly(
                site: site, occasion: hasController ? .besideController : .withoutController, output: output
            ).run()
        case .wrap, .unwrap:
            // Ctrl-C must not end it between two steps.
            SignalSet.termination.block()
            let wrapping = DiskWrapping(site: site, resource: resource ?? "", output: output)
            if verb == .wrap { try wrapping.wrap() } else { try wrapping.unwrap() }
        }
        return .success
    }

    /// Whether a controller answers on its socket.
    private var hasController: Bool {
        guard let path = try? ConfigurationLoader.controlSocket(path: configurationPath),
            let descriptor = try? UnixSocket.connect(path: path)
        else { return false }
        _ = descriptor.number
        return true
    }
}

/// What `replicactl disk` is to do.
enum DiskVerb: String, CaseIterable, Sendable {
    case wrap, unwrap, status, assemble

    /// Reads the arguments.
    ///
    /// - Returns: The verb and its resource; `nil` where none is given.
    /// - Throws: ``CommandError`` with reason `usage`.
    static func parse(
        _ arguments: [String], values: [String: String]
    ) throws(CommandError) -> (DiskVerb, String?) {
        let word = arguments.first ?? ""
        guard let verb = DiskVerb(rawValue: word) else {
            throw CommandError(
                .usage,
                "disk: there is no \"\(word)\"\(Spelling.suggestion(for: word, among: allCases.map(\.rawValue)))")
        }
        let resource = arguments.count > 1 ? arguments[1] : nil
        switch verb {
        case .wrap, .unwrap:
            guard resource != nil else { throw CommandError(.usage, "disk \(verb): RESOURCE is missing") }
        case .assemble:
            guard resource == nil else { throw CommandError(.usage, "disk assemble takes no RESOURCE") }
        case .status: break
        }
        if verb != .status, values["json"] != nil {
            throw CommandError(.usage, "disk \(verb): --json is for disk status only")
        }
        return (verb, resource)
    }
}
