internal import Pacing
internal import ReplicaModel

/// Writes a status for people, with what matters first.
enum StatusText {
    static func render(_ status: ControllerStatus) -> String {
        var lines = hostLines(status)
        lines.append("")
        if status.domains.isEmpty {
            lines.append("No domain is protected or backed up here. `replicactl protect <domU>` protects one.")
        } else {
            lines += TextTable.render(rows: [header] + status.domains.map(row))
            for domain in status.domains {
                let details = detailLines(domain)
                if !details.isEmpty { lines += ["", "\(domain.name) (\(domain.uuid))"] + details.map { "  " + $0 } }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func hostLines(_ status: ControllerStatus) -> [String] {
        let since = status.peer.since.map { " since \(time($0))" } ?? ""
        let rows = status.peer.paths.map { path -> [String] in
            let heard = path.lastHeardMilliseconds.map { "heard \($0) ms ago" } ?? "never heard"
            let carrier = path.carrier.map { $0 ? "carrier up" : "NO CARRIER" } ?? ""
            return ["  path \(path.name)", path.network, path.alive ? "alive" : "SILENT", heard, carrier]
        }
        let peer = "peer \(status.peer.name): \(loud(status.peer.verdict))\(since)"
        let refused = status.peer.refusedDatagrams.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return ["host \(status.host), replicactl \(status.version)", peer] + TextTable.render(rows: rows)
            + (refused.isEmpty ? [] : ["  datagrams refused: \(refused.joined(separator: ", "))"])
            + ownershipLines(status.ownership)
    }

    private static func ownershipLines(_ ownership: OwnershipStatus) -> [String] {
        var text = "ownership: \(ownership.rules)"
        switch ownership.witnessReachable {
        case true?: text += ", witness \(ownership.witnessEndpoint ?? "") answers"
        case false?: text += ", witness SILENT: \(ownership.witnessFailure ?? "")"
        case nil: break
        }
        if let fenced = ownership.fenced, let failed = ownership.fencingFailed, fenced + failed > 0 {
            text += ", fencing: \(fenced) done, \(failed) failed"
        }
        return [text] + ownership.problems.map { "PROBLEM: \($0)" }
    }

    private static func loud(_ verdict: PeerStatus.Verdict) -> String {
        verdict == .alive ? verdict.rawValue : verdict.rawValue.uppercased()
    }

    private static let header = [
        "DOMAIN", "ROLE", "STATE", "SINCE", "GEN", "EPOCH", "INTERVAL", "PAUSE p50/p99/max", "HELD",
    ]

    private static func row(_ domain: DomainStatus) -> [String] {
        let isCalm = [.protected, .armed, .seeding, .receiving, .active].contains(domain.state)
        let pause = domain.epochs.map { epochs in
            [epochs.suspendedMillisecondsP50, epochs.suspendedMillisecondsP99, epochs.suspendedMillisecondsMax]
                .map(Quantity.decimal).joined(separator: "/") + " ms"
        }
        return [
            domain.name, domain.role.rawValue, isCalm ? domain.state.rawValue : domain.state.rawValue.uppercased(),
            time(domain.since), String(domain.generation), String(domain.epoch),
            domain.epochs.map { "\(Quantity.decimal($0.intervalMilliseconds)) ms" } ?? "-", pause ?? "-",
            domain.output.map { Quantity.bytes($0.backlogBytes) } ?? "-",
        ]
    }

    private static func detailLines(_ domain: DomainStatus) -> [String] {
        var lines: [String] = []
        if let since = domain.unprotectedSince { lines.append("UNPROTECTED since \(time(since))") }
        if let time = domain.protectionTime {
            lines.append(
                "unprotected for \(Quantity.duration(milliseconds: time.unprotectedMilliseconds)) in all, protected for"
                    + " \(Quantity.duration(milliseconds: time.protectedMilliseconds)), counted since"
                    + " \(self.time(time.since))")
        }
        if let reason = domain.reason { lines.append("reason: \(reason.text) (\(reason.code.rawValue))") }
        if let takeover = domain.takeover { lines.append("takeover: \(steps(of: takeover))") }
        if let last = domain.lastEpoch {
            let phases = [
                ("suspend", last.suspendMicroseconds), ("capture", last.captureMicroseconds),
                ("disk barrier", last.diskBarrierMicroseconds), ("resume", last.resumeMicroseconds),
                ("encode", last.encodeMicroseconds),
                ("send", last.sendMicroseconds), ("acknowledge", last.acknowledgeMicroseconds),
                ("release", last.releaseMicroseconds),
            ].map { "\($0.0) \(Quantity.milliseconds(microseconds: $0.1))" }.joined(separator: ", ")
            lines.append(
                "epoch \(last.epoch): \(last.dirtyPages) pages, \(sent(last.bytes, of: last.rawBytes)), guest stood still"
                    + " \(Quantity.milliseconds(microseconds: last.suspendedMicroseconds)) ms")
            lines.append("phases in ms: \(phases)")
        }
        if let pacing = domain.pacing {
            lines.append(rhythm(pacing))
            if let failure = pacing.liftFailure {
                lines.append("its processor time cannot be given back, which is tried again each second: \(failure)")
            }
        }
        if let epochs = domain.epochs, let median = epochs.outputLatencyMillisecondsP50,
            let most = epochs.outputLatencyMillisecondsP99
        {
            lines.append(
                "output held: p50 \(Quantity.decimal(median)) ms, p99 \(Quantity.decimal(most)) ms (oldest frame of an epoch)"
            )
        }
        if let epochs = domain.epochs {
            lines.append(
                "sent: \(epochs.count) epochs, \(epochs.pages) pages, \(sent(epochs.bytes, of: epochs.rawBytes))")
        }
        if let encoding = domain.encoding { lines.append(text(of: encoding)) }
        if let staging = domain.staging {
            lines.append(
                "staging: at most \(Quantity.bytes(staging.peakBytes)) of \(Quantity.bytes(staging.limitBytes)) used")
        }
        if let disks = domain.disks {
            let words = disks.map { disk -> String in
                switch disk.mirrored {
                case true?: "\(disk.resource) mirrored"
                case false?: "\(disk.resource) NOT MIRRORED (\(disk.trouble ?? ""))"
                case nil: "\(disk.resource) unknown"
                }
            }
            lines.append("disks: \(words.joined(separator: ", "))")
        }
        if let output = domain.output, output.drops > 0 {
            lines.append("output: \(output.drops) frames DROPPED, because `output.limit_mib` was reached")
        }
        return lines
    }

    private static func sent(_ bytes: UInt64, of raw: UInt64) -> String {
        "\(Quantity.bytes(raw)) as \(Quantity.bytes(bytes))"
    }

    /// What pages became, and how.
    private static func text(of encoding: EncodingStatus) -> String {
        let used = encoding.schemes.filter { $0.pages > 0 }.map {
            "\($0.scheme) \($0.pages) (\(Quantity.bytes($0.bytes)))"
        }
        let share = Double(encoding.sentBytes) * 100 / Double(max(1, encoding.rawBytes))
        return "encoding: \(Quantity.bytes(encoding.rawBytes)) of pages as \(Quantity.bytes(encoding.sentBytes))"
            + " (\(Quantity.decimal(share)) %), \(used.isEmpty ? "none yet" : used.joined(separator: ", "))"
    }

    private static func rhythm(_ pacing: PacingStatus) -> String {
        var text = "rhythm: "
        if let budget = pacing.outputLatencyBudgetMilliseconds {
            text +=
                "output latency of at most \(budget) ms (p99), at least each \(pacing.aimedMilliseconds) ms under steady output"
        } else {
            text += "each \(pacing.aimedMilliseconds) ms"
        }
        if pacing.tuned { text += ", tuned" }
        text += "; last epoch by \(pacing.trigger.rawValue)"
        if pacing.processorPercent < 100 { text += "; guest THROTTLED to \(pacing.processorPercent) %" }
        return text
    }

    /// Each step of a takeover, counted from the last word of the primary, or from the decision without one.
    private static func steps(of takeover: TakeoverRecord) -> String {
        let start = takeover.lastHeard ?? takeover.decided
        let steps: [(String, UInt64?)] = [
            ("decided", takeover.decided), ("disks taken", takeover.disksTaken), ("assembled", takeover.assembled),
            ("restored", takeover.restored), ("recorded", takeover.recorded), ("activated", takeover.activated),
            ("announced", takeover.announced),
        ]
        let texts = steps.compactMap { name, time in
            time.map { "\(name) +\(Quantity.milliseconds(microseconds: ($0 > start ? $0 - start : 0) / 1_000)) ms" }
        }
        let from = takeover.lastHeard == nil ? "decision" : "primary last heard"
        return "\(from) \(Timestamp.rfc3339(wall: start)), " + texts.joined(separator: ", ")
    }

    /// `2026-11-20T09:41:57.197Z` as `2026-11-20 09:41:57Z`.
    private static func time(_ text: String) -> String {
        guard let point = text.firstIndex(of: "."), text.hasSuffix("Z") else { return text }
        return text[..<point].split(separator: "T").joined(separator: " ") + "Z"
    }
}
