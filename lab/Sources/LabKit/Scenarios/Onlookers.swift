/// A takeover as it is seen from outside: both of the guest's clients, and captures at both hosts.
struct Onlookers: Sendable {
    let counter: GuestClient
    let session: GuestClient
    let first: Capture
    let second: Capture

    private let stage: Stage

    /// Opens both connections, and captures what both hosts send.
    init(_ stage: Stage) throws(LabError) {
        self.stage = stage
        counter = try stage.startCounter()
        session = try stage.startSession()
        first = try stage.startCapture(.xen1)
        second = try stage.startCapture(.xen2)
    }

    /// Demands that the guest lives on at xen2 with its memory and both connections, and that xen1 sent nothing of it
    /// since xen2 did.
    ///
    /// - Returns: What both clients saw.
    /// - Throws: ``LabError`` with cause `checkFailed`.
    @discardableResult
    func checkTakeover() throws(LabError) -> (counted: ClientReport, talked: ClientReport) {
        try counter.waitForProgress(100)
        try stage.checkMemory()
        let counted = try stage.finish(counter: counter)
        let talked = try stage.finish(session: session)
        for capture in [first, second] { capture.stop() }
        try stage.checkOneOwner(first, second)
        return (counted, talked)
    }
}
