extension Scenario {
    static let unprotect = Scenario(
        name: "unprotect", summary: "the end of a protection leaves nothing behind, and the guest serves on"
    ) { context in
        let stage = try Stage(context)
        let counter = try stage.startCounter()
        let traces = { (host: HostName) throws(LabError) in
            try HostTraces(of: host, guest: stage.guest.name, in: stage.lab)
        }
        let before = [try traces(.xen1), try traces(.xen2)]
        try stage.protect()
        try stage.setWriteRate(500)
        stage.record(try stage.waitForEpochs(10))
        let during = try traces(.xen1)
        for name in ["links", "qdiscs", "filters", "log-dirty mode"] {
            try context.check(
                during.sections[name] != before[0].sections[name], "the protection shows in xen1's \(name)")
        }
        let replica = try traces(.xen2)
        for name in ["domains", "helpers"] {
            try context.check(
                replica.sections[name] != before[1].sections[name], "the replica shows in xen2's \(name)")
        }

        let result = try stage.product.run(.xen1, "unprotect \(stage.guest.name)")
        try context.check(result.status == 0, "replicactl unprotect: status \(result.status) \(result.errors)")
        try counter.waitForProgress(100)
        try context.wait(until: "xen2 has given its replica up") { () throws(LabError) in
            try stage.lab.domains(on: .xen2).isEmpty ? true : nil
        }
        for (host, old) in zip(HostName.allCases, before) {
            let differences = try traces(host).differences(from: old)
            try context.check(
                differences.isEmpty, "\(host) is as it was before: \(differences.joined(separator: "\n"))")
        }
        let domain = try stage.domain(on: .xen1)
        context.note("xen1", domain?.text ?? "nothing")
        try context.check(
            domain.map { $0.state == "unprotected" && $0.reason?.code == "operator-request" } ?? true,
            "xen1 says so: \(domain?.text ?? "nothing")")
        let again = try stage.product.run(.xen1, "unprotect \(stage.guest.name)")
        try context.check(again.status == 103, "a second unprotect ends with 103: \(again.status) \(again.errors)")
        _ = try stage.finish(counter: counter)
        try stage.checkMemory()
    }
}
