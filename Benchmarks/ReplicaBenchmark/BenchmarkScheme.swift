import PageEncoding

/// How pages are encoded, by the names that `encoding.scheme` has for it.
enum BenchmarkScheme: String, CaseIterable {
    case auto
    case fast
    case thin
    case none

    /// As of the encoder.
    var packingThreshold: Int { self == .auto ? PageEncoder.defaultPackingThreshold : PageEncoder.withoutPacking }

    /// Whether whole batches are packed.
    var packsBatches: Bool { self == .thin }
}
