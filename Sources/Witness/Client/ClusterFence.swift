/// Accepts only answers of one cluster that never goes back.
///
/// Two etcds that know nothing of each other, configured as if they were one, would each grant; and a member restored
/// from an old copy would have forgotten grants (safety rule 2). etcd orders all linearizable answers, so the revision
/// of a later one is never lower.
struct ClusterFence {
    private var last: GatewayAnswer.Origin?

    /// Checks an answer to a linearizable question.
    ///
    /// - Parameter origin: Where it comes from.
    /// - Throws: What is wrong; the answer must not be used.
    mutating func accept(_ origin: GatewayAnswer.Origin) throws(GatewayAnswer.Fault) {
        if let last {
            guard origin.cluster == last.cluster else {
                throw GatewayAnswer.Fault(
                    "it is of cluster \(PlainText.short(origin.cluster)), earlier answers were of \(last.cluster); "
                        + "all endpoints must be members of one cluster (restart the controller if it was made anew)")
            }
            guard origin.revision >= last.revision else {
                throw GatewayAnswer.Fault(
                    "it knows \(origin.revision) changes and earlier answers knew \(last.revision); was it restored "
                        + "from an old copy?")
            }
        }
        last = origin
    }
}
