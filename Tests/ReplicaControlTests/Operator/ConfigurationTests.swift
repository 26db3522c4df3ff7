import CheckpointStream
import Pacing
import ReplicaModel
import ReplicaProtocol
import TestSupport
import Testing

@testable import ReplicaControl

/// The smallest file that passes every check.
private let smallest = """
    [peer]
    name = "xen2"
    replication_address = "10.1.0.2"
    [listen]
    address = "10.1.0.1"
    [[heartbeat.path]]
    name = "replication"
    network = "replication"
    local_address = "10.1.0.1"
    peer_address = "10.1.0.2"
    [policy]
    move_when_lan_is_lost = false

    """

private func problems(_ text: String) -> [String] {
    do {
        _ = try ConfigurationLoader.parse(text, file: "f.toml")
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

@Suite struct ConfigurationTests {
    @Test func keysThatAreNotSetHaveTheirDefaults() throws {
        let configuration = try ConfigurationLoader.parse(smallest, file: "f.toml")
        #expect(configuration.epoch == Configuration.Epochs())
        #expect(configuration.memory == Configuration.Memory())
        #expect(configuration.heartbeat.lease == 400)
        #expect(configuration.control.socket == "/run/replicactl/control.sock")
    }

    @Test func aReloadThatATunedIntervalWouldNotFitIsRefused() throws {
        let configuration = try ConfigurationLoader.parse(
            smallest + "[epoch]\nacknowledge_timeout_ms = 500\n", file: "f.toml")
        let goals: [PacingRules.Goal] = [.interval(501), .interval(500), .latency(5_000)]
        #expect(
            goals.map { $0.problem(of: "web", in: configuration)?.description } == [
                "f.toml: epoch.acknowledge_timeout_ms is 500, less than the 501 ms that web is tuned to; "
                    + "first `replicactl tune web --reset`", nil, nil,
            ])
    }

    @Test func everySectionIsRead() throws {
        let text =
            smallest + """
                ownership = "witness"
                retry_ms = 500
                reprotect = "delayed"
                reprotect_delay_ms = 30000
                [witness]
                endpoints = ["https://192.0.2.21:2379", "https://192.0.2.22:2379"]
                cluster = "pair-1"
                authority_file = "/etc/replicactl/ca.pem"
                head_start_ms = 200
                presence_s = 9
                [fencing]
                agent = "/usr/sbin/fence_ipmilan"
                options = ["ip=192.0.2.12", "lanplus="]
                action = "reboot"
                verify = true
                [host]
                name = "xen1"
                [epoch]
                interval_ms = 25
                [memory]
                staging_limit_mib = 512
                [output]
                limit_mib = 8
                [heartbeat]
                misses = 7
                [announce]
                rounds = 3
                [domain.web]
                interval_ms = 50
                addresses = ["10.0.0.5", "fd00::5"]
                [domain."db.1"]
                [storage]
                state_directory = "/srv/state"
                [control]
                socket = "/tmp/socket"
                """
        let configuration = try ConfigurationLoader.parse(text, file: "f.toml")
        #expect(configuration.policy.ownership == .witness)
        #expect(configuration.policy.reprotect == .delayed && configuration.policy.reprotectDelay == 30_000)
        #expect(configuration.witness.cluster == "pair-1" && configuration.witness.presenceSeconds == 9)
        #expect(configuration.fencing.action == .reboot && configuration.fencing.verify)
        #expect(
            configuration.ownershipRules
                == OwnershipRules(policy: .witness, fencing: true, headStart: 200, retryDelay: 500))
        #expect(configuration.host.name == "xen1")
        #expect(configuration.memory.stagingLimitBytes == 512 * 1_048_576)
        #expect(configuration.output.limitBytes == 8 * 1_048_576)
        #expect(configuration.heartbeat.misses == 7)
        #expect(configuration.heartbeat.paths.map(\.network) == [.replication])
        #expect(configuration.announce.rounds == 3)
        #expect(configuration.pacingGoal(of: "web") == .interval(50))
        #expect(configuration.pacingGoal(of: "db.1") == .interval(25))
        #expect(configuration.addresses(of: "web") == ["10.0.0.5", "fd00::5"])
        #expect(configuration.addresses(of: "none") == [])
        #expect(configuration.storage.stateDirectory == "/srv/state")
        #expect(configuration.control.socket == "/tmp/socket")
    }

    @Test func allProblemsAreReportedAtOnceInTheOrderOfTheFile() {
        let text = """
            [peer]
            name = "xen2"
            replication_adress = "10.1.0.2"
            [epoch]
            interval_ms = 4
              suspend_timeout_ms = "long"
            [epochs]
            [listen]
            address = "10.1.0"
            """
        #expect(
            problems(text) == [
                "f.toml:1:2: peer.replication_address is missing: it must be a numeric IPv4 or IPv6 address, or a host"
                    + " name",
                "f.toml:3:1: peer has no key \"replication_adress\"; did you mean \"replication_address\"?",
                "f.toml:5:15: epoch.interval_ms must be a whole number of milliseconds from 5 to 10000, not the number 4",
                "f.toml:6:24: epoch.suspend_timeout_ms must be a whole number of milliseconds from 100 to 60000, not the"
                    + " string \"long\"",
                "f.toml:7:2: there is no section [epochs]; did you mean \"epoch\"?",
                "f.toml:9:11: listen.address must be a numeric IPv4 or IPv6 address, not the string \"10.1.0\"",
                "f.toml: there is no [[heartbeat.path]]: write at least one, better one on each network",
                "f.toml: policy.move_when_lan_is_lost is true, but no [[heartbeat.path]] with network = \"lan\" names a"
                    + " carrier_interface: name it, or set the policy to false",
            ])
    }

    @Test func aSyntaxErrorHasItsPlace() throws {
        let found = try #require(problems("[peer]\nname = \n").first)
        #expect(found.hasPrefix("f.toml:2:"))
    }

    @Test(arguments: [
        ("lease_ms = 149\ndrift_margin_ms = 8", "heartbeat.lease_ms is 149 and must be at least three times"),
        ("lease_ms = 1000\ndrift_margin_ms = 49", "heartbeat.drift_margin_ms is 49 and must be at least a twentieth"),
        ("drift_margin_ms = 1.5", "heartbeat.drift_margin_ms must be a whole number of milliseconds"),
        ("misses = true", "heartbeat.misses must be a whole number of heartbeats from 3 to 100, not true"),
        ("path = 3", "heartbeat.path must be written [[heartbeat.path]], once for each path"),
    ])
    func rulesOfTheHeartbeatAreChecked(lines: String, message: String) {
        let text = lines.hasPrefix("path") ? "[heartbeat]\n" + lines : smallest + "[heartbeat]\n" + lines
        #expect(problems(text).contains { $0.contains(message) })
    }

    @Test(arguments: [
        ("name = \"replication\"", "name \"replication\" is used by another path"),
        ("local_address = \"fd00::1\"", "must both be IPv4 or both be IPv6"),
        ("network = \"wan\"", "must be \"lan\" or \"replication\", not the string \"wan\""),
        (
            "carrier_interface = \"a name that is too long\"",
            "carrier_interface must be the name of a network interface"
        ),
    ])
    func rulesOfThePathsAreChecked(line: String, message: String) {
        var keys = [
            "name": "\"second\"", "network": "\"lan\"", "local_address": "\"10.2.0.1\"", "peer_address": "\"10.2.0.2\"",
        ]
        let parts = line.split(separator: " ", maxSplits: 2)
        keys[String(parts[0])] = String(parts[2])
        let block = keys.map { "\($0) = \($1)" }.joined(separator: "\n")
        let found = problems(smallest + "[[heartbeat.path]]\n" + block)
        #expect(found.contains { $0.contains(message) }, "\(found)")
    }

    @Test(arguments: [2, 12, 128, -4]) func undoLogsHavePiecesOfAPowerOfTwo(size: Int) throws {
        let text = smallest + "[disk]\nundo_chunk_kib = \(size)\n"
        let message = "disk.undo_chunk_kib must be a power of two of KiB from 4 to 64, not the number \(size)"
        #expect(problems(text).contains { $0.hasSuffix(message) }, "\(problems(text))")
        let good = try ConfigurationLoader.parse(smallest + "[disk]\nundo_chunk_kib = 32\n", file: "f.toml")
        #expect(good.disk.undoChunkSectors == 64)
    }

    @Test func aTimeoutBelowADomainsIntervalIsRefused() {
        let text = smallest + "[epoch]\nacknowledge_timeout_ms = 200\n[domain.web]\ninterval_ms = 300\n"
        #expect(
            problems(text) == [
                "f.toml:14:1: epoch.acknowledge_timeout_ms is 200 and must be at least domain.web.interval_ms, 300"
            ])
    }

    @Test(arguments: [
        (
            "ownership = \"witness\"",
            "f.toml:13:1: policy.ownership is \"witness\", but witness.endpoints names none: name the etcd cluster's"
                + " members"
        ),
        (
            "[witness]\nendpoints = [\"http://192.0.2.21:2379\"]",
            "f.toml:14:1: witness.endpoints names a witness, but policy.ownership is \"safe-by-lease\": nobody would ask"
                + " it"
        ),
        (
            "ownership = \"trust-path\"",
            "f.toml:13:13: policy.ownership must be \"safe-by-lease\" or \"trust-paths\" or \"manual\" or \"witness\", not"
                + " the string \"trust-path\""
        ),
        (
            "ownership = \"manual\"\n[fencing]\nagent = \"/usr/sbin/fence_ipmilan\"",
            "f.toml:15:1: fencing.agent is set, but with policy.ownership = \"manual\" nobody but an operator acts against"
                + " the other host"
        ),
        (
            "[fencing]\noptions = [\"ip\"]",
            "f.toml:14:1: fencing.options: \"ip\" is not name=value"
        ),
        (
            "on_backup_loss = \"hold\"",
            "f.toml:13:1: policy has no key \"on_backup_loss\""
        ),
    ])
    func rulesOfOwnershipAreChecked(lines: String, message: String) {
        let text = smallest + lines + "\n"
        #expect(problems(text) == [message])
    }

    @Test(arguments: [
        ("policy", "retry_ms = 99"), ("policy", "reprotect = \"never\""), ("policy", "reprotect_delay_ms = 86400001"),
        ("witness", "endpoints = \"http://192.0.2.21:2379\""), ("witness", "timeout_ms = 99"),
        ("witness", "head_start_ms = 60001"), ("witness", "presence_s = 1"), ("witness", "cluster = \"\""),
        ("witness", "key_file = \"key.pem\""), ("fencing", "agent = \"fence_ipmilan\""),
        ("fencing", "action = \"on\""), ("fencing", "timeout_ms = 999"), ("fencing", "verify = 1"),
        ("fencing", "options = [1]"),
    ])
    func valuesOfOwnershipHaveTheirBounds(section: String, line: String) {
        let text = section == "policy" ? smallest + line : smallest + "[\(section)]\n" + line
        let key = line.split(separator: " ")[0]
        let found = problems(text)
        #expect(found.count == 1 && found[0].contains(": \(section).\(key) must be "), "\(found)")
    }

    @Test func bothHostsCompareWhatTheyMustHaveInCommon() throws {
        func fingerprint(_ lines: String) throws -> String {
            try ConfigurationLoader.parse(smallest + lines, file: "f.toml").ownershipFingerprint
        }
        let terms = "; lease 400+50, 8x50 ms"
        #expect(try fingerprint("") == "safe-by-lease" + terms)
        #expect(
            try fingerprint(
                "ownership = \"trust-paths\"\n[fencing]\nagent = \"/usr/sbin/fence_ipmilan\"")
                == "trust-paths with fencing" + terms)
        #expect(
            try fingerprint(
                "ownership = \"witness\"\n[witness]\nendpoints = [\"http://192.0.2.21:2379\"]\ncluster = \"pair-1\"")
                == "witness in cluster pair-1" + terms)
    }

    /// A backup whose lease is shorter would take over while the primary still releases output.
    @Test(arguments: ["interval_ms = 60", "misses = 9", "lease_ms = 401", "drift_margin_ms = 51"])
    func bothHostsCompareTheTimesOfTheLease(line: String) throws {
        let own = try ConfigurationLoader.parse(smallest, file: "f.toml").ownershipFingerprint
        let peers = try ConfigurationLoader.parse(smallest + "[heartbeat]\n" + line, file: "f.toml")
        #expect(peers.ownershipFingerprint != own)
    }

    @Test func theLongestOfWhatBothHostsCompareFitsItsMessage() throws {
        var widest = try ConfigurationLoader.parse(smallest, file: "f.toml")
        widest.policy.ownership = .witness
        widest.witness.cluster = String(repeating: "c", count: 64)
        widest.fencing.agent = "/usr/sbin/fence_ipmilan"
        widest.heartbeat.interval = 1_000
        widest.heartbeat.misses = 100
        widest.heartbeat.lease = 60_000
        widest.heartbeat.driftMargin = 60_000
        #expect(widest.ownershipFingerprint.utf8.count <= Protect.ownershipLimit)
    }

    @Test func whoMayOwnADomainDoesNotChangeUnderAProtection() throws {
        let old = try ConfigurationLoader.parse(smallest, file: "f.toml")
        var new = old
        new.policy.ownership = .trustPaths
        new.policy.reprotect = .manual
        new.witness.cluster = "another"
        new.fencing.agent = "/usr/sbin/fence_ipmilan"
        #expect(
            new.changesNeedingRestart(from: old) == ["policy.ownership", "witness.cluster", "fencing.agent"])
        let inForce = old.following(new)
        #expect(inForce.policy.ownership == .safeByLease && inForce.policy.reprotect == .manual)
        #expect(inForce.ownershipRules == old.ownershipRules)
    }

    @Test func aMissingFileIsOneProblem() {
        #expect(throws: ConfigurationError.self) { try ConfigurationLoader.load(path: "/nonexistent/replicactl.toml") }
    }

    @Test func clientsFindTheSocketWhileOtherKeysAreWrong() throws {
        let file = try TemporaryFile("[epoch]\ninterval_ms = 1\n[control]\nsocket = \"/tmp/other\"\n")
        #expect(try ConfigurationLoader.controlSocket(path: file.path) == "/tmp/other")
        let broken = try TemporaryFile("[control]\nsocket = 5\n")
        #expect(throws: ConfigurationError.self) { try ConfigurationLoader.controlSocket(path: broken.path) }
    }

    @Test func aDomainsOwnRhythmGoesBeforeTheGeneralOneAndABudgetBeforeAnInterval() throws {
        var configuration = try ConfigurationLoader.parse(smallest, file: "f.toml")
        #expect(configuration.pacingGoal(of: "web") == .interval(100))
        configuration.epoch.outputLatency = 80
        #expect(configuration.pacingGoal(of: "web") == .latency(80))
        configuration.domains["web"] = Configuration.Domain()
        #expect(configuration.pacingGoal(of: "web") == .latency(80))
        configuration.domains["web"]?.interval = 50
        #expect(configuration.pacingGoal(of: "web") == .interval(50))
        configuration.domains["web"]?.interval = nil
        configuration.domains["web"]?.outputLatency = 20
        #expect(configuration.pacingGoal(of: "web") == .latency(20))
        #expect(ProtectionSettings(configuration, domain: "web").pacing.goal == .latency(20))
        let tuned = ProtectionSettings(configuration, domain: "web", tuned: .interval(5))
        #expect(tuned.pacing.goal == .interval(5) && tuned.isTuned)
    }

    @Test(arguments: [
        (
            "[epoch]\ninterval_min_ms = 50\ninterval_max_ms = 40\n",
            "f.toml:2:1: epoch.interval_min_ms is 50 and must be at most epoch.interval_max_ms, 40"
        ),
        (
            "[epoch]\nearly_standstill_percent = 40\nstandstill_percent_max = 30\n",
            "f.toml:2:1: epoch.early_standstill_percent is 40 and must be at most epoch.standstill_percent_max, 30"
        ),
        (
            "[domain.web]\ninterval_ms = 40\noutput_latency_p99_ms = 40\n",
            "f.toml:3:1: domain.web has interval_ms and output_latency_p99_ms: the interval is fixed, or it follows from"
                + " the budget"
        ),
        (
            "[epoch]\noutput_latency_p99_ms = 9\n",
            "f.toml:2:25: epoch.output_latency_p99_ms must be a whole number of milliseconds from 10 to 10000, or 0 for"
                + " none, not the number 9"
        ),
    ])
    func aRhythmThatContradictsItselfIsAProblem(text: String, problem: String) {
        #expect(problems(text + smallest) == [problem])
    }

    @Test func aRunningSessionFollowsAllButWhatWasMadeOnce() throws {
        let old = try ConfigurationLoader.parse(smallest, file: "f.toml")
        var new = old
        new.epoch.interval = 20
        new.epoch.acknowledgeTimeout = 500
        new.memory.stagingLimitMebibytes = 16
        new.output.limitMebibytes = 1
        let before = ProtectionSettings(old, domain: "web")
        let followed = before.following(ProtectionSettings(new, domain: "web"))
        #expect(followed.pacing.goal == .interval(20))
        #expect(followed.acknowledgeTimeout == 500 && followed.pacing.acknowledgeBound == 500)
        #expect(followed.stagingBytes == before.stagingBytes && followed.outputLimitBytes == before.outputLimitBytes)
        #expect(followed.pacing.pageCapacity == before.pacing.pageCapacity)
    }

    @Test func aReloadNamesWhatRunningProtectionsDoNotFollow() throws {
        let old = try ConfigurationLoader.parse(smallest, file: "f.toml")
        var new = old
        new.epoch.interval = 20
        new.epoch.outputLatency = 50
        new.policy.carrierDelay = 1
        #expect(new.changesNeedingProtection(from: old) == [])
        new.memory.stagingLimitMebibytes = 512
        new.output.limitMebibytes = 1
        new.domains["web"] = Configuration.Domain()
        new.domains["web"]?.interval = 20
        new.domains["web"]?.addresses = ["10.0.0.5"]
        #expect(
            new.changesNeedingProtection(from: old) == [
                "memory.staging_limit_mib", "output.limit_mib", "domain.web.addresses",
            ])
        // Every key of that effect is named, and in the order of the documentation.
        new.memory.initialCopyRoundsMax = 1
        new.memory.initialCopyDirtyPagesTarget = 1
        new.encoding.scheme = .none
        new.encoding.cacheMebibytes = 1
        new.encoding.threads = 1
        new.disk.undoLimitMebibytes = 4
        new.disk.undoChunkKibibytes = 4
        new.takeover.hotplug = .scripts
        let all = ConfigurationReference.keys.filter { $0.effect == .protect }
            .map { $0.path.replacing("domain.NAME", with: "domain.web") }
        #expect(new.changesNeedingProtection(from: old) == all)
        #expect(ReloadText.message(restart: [], protection: []) == "the configuration is in force")
        #expect(
            ReloadText.message(restart: ["listen.port"], protection: ["output.limit_mib"])
                == "the configuration is in force, but for what waits for a restart of the services: listen.port; and for"
                + " what running protections do not follow until they are made anew: output.limit_mib")
    }

    @Test func aReloadNamesTheKeysThatNeedARestart() throws {
        let old = try ConfigurationLoader.parse(smallest, file: "f.toml")
        var new = old
        new.epoch.interval = 20
        new.domains["web"] = Configuration.Domain()
        #expect(new.changesNeedingRestart(from: old) == [])
        new.listen.port = 1
        new.heartbeat.paths[0].port = 1
        new.control.socket = "/x"
        let waiting = ["listen.port", "heartbeat.path", "control.socket"]
        #expect(new.changesNeedingRestart(from: old) == waiting)
        let inForce = old.following(new)
        #expect(inForce.epoch.interval == 20 && inForce.domains["web"] != nil)
        #expect(new.changesNeedingRestart(from: inForce) == waiting)
    }
}

@Suite struct ConfigurationDocumentationTests {
    @Test func everyKeyIsFollowedWhenItsDocumentationSaysSo() {
        let followed: Set = [
            "epoch", "memory", "encoding", "output", "disk", "takeover", "announce", "policy", "domain.NAME", "log",
        ]
        for key in ConfigurationReference.keys {
            let isFollowed = followed.contains(key.section) && key.path != "policy.ownership"
            #expect((key.effect != .restart) == isFollowed, "\(key.path)")
        }
    }

    /// Keys whose default is none, and that the default file shows by an example.
    private static let shownByExample = ["witness.endpoints", "fencing.agent", "fencing.options"]

    @Test func theDefaultFileIsAccepted() throws {
        let text = try Repository.text("config/replicactl.toml")
        let configuration = try ConfigurationLoader.parse(text, file: "config/replicactl.toml")
        #expect(configuration.peer.name == "xen2")
    }

    @Test func theDefaultFileIsAcceptedWithEveryCommentedKeySet() throws {
        let text = try Repository.text("config/replicactl.toml")
        let uncommented = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.wholeMatch(of: /# ([a-z_]+ = .*|\[domain\.web\])/).map { String($0.1) } ?? String(line)
        }
        .joined(separator: "\n")
        // The witness and the fencing agent are examples; endpoints that nobody would ask are refused.
        let witnessed = uncommented.replacing("ownership = \"safe-by-lease\"", with: "ownership = \"witness\"")
        var configuration = try ConfigurationLoader.parse(witnessed, file: "config/replicactl.toml")
        #expect(configuration.pacingGoal(of: "web") == .interval(50))
        #expect(configuration.witness.endpoints.count == 3 && !configuration.fencing.agent.isEmpty)
        configuration.domains = [:]
        configuration.policy.ownership = .safeByLease
        configuration.witness.endpoints = []
        configuration.fencing = Configuration.FencingAgent()
        #expect(configuration == (try ConfigurationLoader.parse(text, file: "config/replicactl.toml")))
    }

    @Test func theDefaultFileNamesEveryKeyWithItsDefault() throws {
        let text = try Repository.text("config/replicactl.toml")
        for key in ConfigurationReference.keys {
            let defaultLine = "# \(key.name) = \(key.defaultText)\n"
            let isShown =
                text.contains(defaultLine) || text.contains("\n\(key.name) = ") || key.section == "domain.NAME"
                || (Self.shownByExample.contains(key.path) && text.contains("\n# \(key.name) = "))
            #expect(isShown, "\(key.path)")
        }
        #expect(text.contains("# interval_ms = 50\n") && text.contains("# addresses = ["))
    }

    @Test func theDocumentedTableIsThatOfTheCode() throws {
        try Repository.expect(ConfigurationReference.table, equalsSection: "keys", of: "docs/configuration.md")
    }
}

@Suite struct SpellingTests {
    @Test(arguments: [
        ("intervall_ms", "interval_ms"), ("lease", "lease_ms"), ("mises", "misses"), ("misess", "misses"),
    ])
    func aNearWordIsSuggested(word: String, meant: String) {
        #expect(Spelling.suggestion(for: word, among: ["interval_ms", "misses", "lease_ms"]).contains("\"\(meant)\""))
    }

    @Test func aFarWordIsNot() {
        #expect(Spelling.suggestion(for: "colour", among: ["interval_ms", "misses"]) == "")
        #expect(Spelling.suggestion(for: "", among: []) == "")
    }
}
