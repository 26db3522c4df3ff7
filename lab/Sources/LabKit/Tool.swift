import Foundation

/// The command line of `lab/lab`.
public enum Tool {
    private static let usage = """
        usage: lab/lab VERB [ARGUMENT...]

          up                                   bring both hosts up (builds the host image the first time)
          down                                 end everything; the hosts' disks are gone
          status                               what runs
          ssh HOST [COMMAND...]                a command or a login shell on a host
          push HOST FILE... DIRECTORY          copy files to a host
          client COMMAND...                    a command in the client's network namespace
          power-cut HOST                       kill a host's QEMU
          power-on HOST                        boot it again with its disks
          link HOST lan|repl up|down           plug or pull a cable
          witness up|down                      start etcd with its data; kill it
          witness cut|join HOST                cut a host off from it, and let it reach it again
          freeze HOST | thaw HOST              stop a host's whole machine, and let it go on
          guest create [HOST] NAME [--host HOST] [--type pvh|pv|hvm] [--memory MIB] [--vcpus N]
                               [--disk SPEC]...   a guest, on xen1 unless told otherwise
          guest destroy [HOST] NAME            on that host, or wherever it is
          disk create|status|compare|verify [r0] [r1]
                                               DRBD resources of empty disks on both hosts; compare them
          disk remove                          take all resources down and forget them
          logs HOST                            its console log and its journal
          help                                 this text

        HOST is xen1 or xen2. REPLICACTL_LAB_CACHE says where images and run files are kept.

        """

    /// Runs one command.
    ///
    /// - Parameter arguments: The words after the program's name.
    /// - Returns: The exit status: 0, 1 if the lab could not do it, 64 for bad usage.
    public static func run(_ arguments: [String]) -> Int32 {
        do {
            try dispatch(arguments)
            return 0
        } catch {
            FileHandle.standardError.write(Data("lab: \(error)\n".utf8))
            guard error.cause == .badUsage else { return 1 }
            FileHandle.standardError.write(Data("See `lab/lab help`.\n".utf8))
            return 64
        }
    }

    private static func dispatch(_ arguments: [String]) throws(LabError) {
        var words = Words(arguments)
        let verb = try words.next("a verb")
        if verb == "help" || verb == "--help" || verb == "-h" {
            print(usage, terminator: "")
            return
        }
        let lab = try Lab(layout: Layout())
        switch verb {
        case "up": try words.end { () throws(LabError) in try lab.up() }
        case "down": try words.end { () throws(LabError) in try lab.down() }
        case "status": try words.end { () throws(LabError) in try printStatus(of: lab) }
        case "ssh": try lab.becomeShell(words.host(), words.rest)
        case "push": try push(lab, &words)
        case "client": try client(words)
        case "power-cut":
            let host = try words.host()
            try words.end { () throws(LabError) in try lab.cutPower(host) }
        case "power-on":
            let host = try words.host()
            try words.end { () throws(LabError) in try lab.powerOn(host) }
        case "link": try link(lab, &words)
        case "freeze":
            let host = try words.host()
            try words.end { () throws(LabError) in try lab.freeze(host) }
        case "thaw":
            let host = try words.host()
            try words.end { () throws(LabError) in try lab.thaw(host) }
        case "guest": try guest(lab, &words)
        case "disk": try disk(lab, &words)
        case "witness": try witness(lab, &words)
        case "logs":
            let host = try words.host()
            try words.end { () throws(LabError) in try printLogs(of: host, lab) }
        default: throw badUsage("there is no verb '\(verb)'")
        }
    }

    private static func push(_ lab: Lab, _ words: inout Words) throws(LabError) {
        let host = try words.host()
        let paths = words.rest
        guard paths.count >= 2, let directory = paths.last else { throw badUsage("push wants files and a directory") }
        try lab.push(host, Array(paths.dropLast()), to: directory)
    }

    private static func client(_ words: Words) throws(LabError) {
        guard !words.rest.isEmpty else { throw badUsage("client wants a command") }
        try Command(Lab.inNamespace(words.rest)).replaceProcess()
    }

    private static func link(_ lab: Lab, _ words: inout Words) throws(LabError) {
        let host = try words.host()
        let network = try words.next("lan or repl") { name in NetworkName.cables.first { $0.rawValue == name } }
        let state = try words.next("up or down", LinkState.init)
        try words.end { () throws(LabError) in try lab.setLink(host, network, state) }
    }

    private static func witness(_ lab: Lab, _ words: inout Words) throws(LabError) {
        switch try words.next("up, down, cut or join") {
        case "up": try words.end { () throws(LabError) in try lab.startWitness() }
        case "down": try words.end { () throws(LabError) in try lab.stopWitness() }
        case "cut":
            let host = try words.host()
            try words.end { () throws(LabError) in try lab.setWitnessLink(host, .down) }
        case "join":
            let host = try words.host()
            try words.end { () throws(LabError) in try lab.setWitnessLink(host, .up) }
        case let other: throw badUsage("witness can be up, down, cut and join, not '\(other)'")
        }
    }

    private static func guest(_ lab: Lab, _ words: inout Words) throws(LabError) {
        switch try words.next("create or destroy") {
        case "create": try lab.createGuest(specification(&words))
        case "destroy":
            let first = try words.next("a guest's name")
            guard let host = HostName(rawValue: first) else {
                try words.end { () throws(LabError) in try lab.destroyGuest(first) }
                return
            }
            let name = try words.next("a guest's name")
            try words.end { () throws(LabError) in try lab.destroyGuest(name, on: host) }
        case let other: throw badUsage("guest can create and destroy, not '\(other)'")
        }
    }

    private static func disk(_ lab: Lab, _ words: inout Words) throws(LabError) {
        let verb = try words.next("create, remove, status, compare or verify")
        if verb == "remove" { return try words.end { () throws(LabError) in try lab.removeDisks() } }
        var disks: [MirroredDisk] = []
        while !words.rest.isEmpty { disks.append(try words.next("r0 or r1", MirroredDisk.init)) }
        if disks.isEmpty { disks = [.first] }
        if verb == "create" { return try lab.createDisks(disks) }
        for disk in disks {
            switch verb {
            case "status":
                for host in HostName.allCases {
                    let state = try lab.diskState(disk, on: host)?.description ?? "not configured"
                    print("\(disk) \(host): \(state)")
                }
            case "compare": print("\(disk): differing blocks: \(try lab.compareDisks(disk))")
            case "verify": print("\(disk): differing KiB: \(try lab.verifyDisk(disk, from: .xen1))")
            case let other: throw badUsage("disk can create, remove, status, compare and verify, not '\(other)'")
            }
        }
    }

    private static func specification(_ words: inout Words) throws(LabError) -> GuestSpecification {
        let first = try words.next("a guest's name")
        let host = HostName(rawValue: first)
        var specification = GuestSpecification(name: try host == nil ? first : words.next("a guest's name"))
        specification.host = host ?? .xen1
        while !words.rest.isEmpty {
            switch try words.next("an option") {
            case "--host": specification.host = try words.host()
            case "--type": specification.type = try words.next("pvh, pv or hvm", GuestType.init)
            case "--memory": specification.memory = try words.next("a number of MiB") { Int($0) }
            case "--vcpus": specification.vcpus = try words.next("a number") { Int($0) }
            case "--disk": specification.disks.append(try words.next("a disk specification"))
            case let other: throw badUsage("guest create has no option '\(other)'")
            }
        }
        return specification
    }

    private static func printStatus(of lab: Lab) throws(LabError) {
        print("host  state    lan   repl  guests")
        for host in HostName.allCases {
            let state = lab.power(of: host)
            let links = NetworkName.cables.map { (try? lab.link(host, $0).rawValue) ?? "-" }
            var guests = "-"
            if state == .running {
                let script = "xl list | awk 'NR > 1 && $1 != \"Domain-0\" { printf \"%s(%s) \", $1, $5 }'"
                var command = lab.secureShell(host, connectTimeout: 2, [script])
                command.timeout = .seconds(20)
                let result = try? command.attempt()
                guests = result?.status == 0 ? result?.output ?? "" : "no answer: booting, or Dom0 hangs"
            }
            let columns = zip([host.rawValue, state.rawValue] + links, [6, 9, 6, 6]).map { word, width in
                word.padding(toLength: width, withPad: " ", startingAt: 0)
            }
            print(columns.joined() + guests)
        }
        let cut = HostName.allCases.filter { (try? lab.witnessLink($0)) == .down }.map { ", \($0) is cut off" }
        print("witness \((try? lab.witnessProcess()) == nil ? "off" : "running\(cut.joined())")")
    }

    private static func printLogs(of host: HostName, _ lab: Lab) throws(LabError) {
        for path in [lab.layout.consoleLog(host), lab.layout.journal(host)] {
            print("==> \(path) <==")
            print(try Files.read(path))
        }
    }

    fileprivate static func badUsage(_ outcome: String) -> LabError {
        LabError(.badUsage, attempt: "understand the command", outcome: outcome)
    }
}

/// The words of a command that have not been used yet.
private struct Words {
    private(set) var rest: [String]

    init(_ words: [String]) {
        rest = words
    }

    mutating func next(_ meaning: String) throws(LabError) -> String {
        guard let word = rest.first else { throw Tool.badUsage("\(meaning) is missing") }
        rest.removeFirst()
        return word
    }

    mutating func next<Value>(_ meaning: String, _ parse: (String) -> Value?) throws(LabError) -> Value {
        let word = try next(meaning)
        guard let value = parse(word) else { throw Tool.badUsage("'\(word)' is not \(meaning)") }
        return value
    }

    mutating func host() throws(LabError) -> HostName {
        try next("a host (xen1 or xen2)", HostName.init)
    }

    /// Does the work if no word is left over.
    func end(_ work: () throws(LabError) -> Void) throws(LabError) {
        if let word = rest.first { throw Tool.badUsage("'\(word)' is one word too many") }
        try work()
    }
}
