/// What must hold of the transactions that clients saw committed.
enum DiskDatabase {
    /// Ends a client, and demands that all that it and the clients before it saw committed is in the database, which is
    /// whole.
    ///
    /// - Parameters:
    ///   - client: The client; its connection must have lived on.
    ///   - before: The last number that was acknowledged to an earlier client.
    ///   - context: The scenario's context.
    /// - Returns: The last number that was acknowledged.
    /// - Throws: ``LabError`` with cause `checkFailed`.
    static func check(
        _ client: GuestClient, after before: UInt64, _ context: ScenarioContext
    ) throws(LabError) -> UInt64 {
        let report = try client.finish()
        let last = report.acknowledged ?? 0
        try context.check(
            (report.committedBefore ?? 0) >= before,
            "the database begins with all that was acknowledged: \(report.committedBefore ?? 0) after \(before)")
        try context.check(
            report.integrity == "OK checked", "the database is whole: \(report.integrity ?? "no answer")")
        try context.check(
            report.digest != nil && report.digest == report.expectedDigest,
            "all \(last) acknowledged transactions are there: \(report.digest ?? "no answer"), "
                + "expected \(report.expectedDigest ?? "nothing")")
        try context.check(
            report.ok, "the client's connection lives: end \(report.end), \(report.firstWrong ?? "nothing wrong")")
        return last
    }
}
