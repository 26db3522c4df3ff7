import SystemKit

/// What is to be done, as the command line says.
struct ExerciseOptions {
    static let usage = """
        usage: disk-exercise [options] DEVICE, as root; all that DEVICE has is lost
          --megabytes N       how much of it is used (32)
          --rounds N          how often a committed epoch is taken back to (12)
          --barriers N        how many barriers must leave nothing behind (2000)
          --store-megabytes N the bound of each undo log (64)
          --chunk-sectors N   8, 16, 32, 64 or 128 (8)
          --writers N         how many threads write (4)
          --without-rollback  does not take back; the exercise must fail then
        """

    var device = ""
    var megabytes = 32
    var rounds = 12
    var barriers = 2000
    var storeMegabytes = 64
    var chunkSectors = 8
    var writers = 4
    var takesBack = true

    init(_ arguments: [String]) throws(ExerciseError) {
        let numbers = ["megabytes", "rounds", "barriers", "store-megabytes", "chunk-sectors", "writers"]
        let scan: OptionScan
        do {
            scan = try OptionScan(
                arguments,
                options: numbers.map { OptionScan.Option($0, takesValue: true) }
                    + [OptionScan.Option("without-rollback", takesValue: false)])
        } catch {
            switch error {
            case .unknown(let option): throw .usage("the option \"\(option)\" is not known")
            case .missingValue(let option): throw .usage("the option \"\(option)\" needs a value")
            }
        }
        guard let device = scan.arguments.first, scan.arguments.count == 1 else {
            throw .usage("one device must be named")
        }
        self.device = device
        megabytes = try Self.number(scan, numbers[0], megabytes, 4...65536)
        rounds = try Self.number(scan, numbers[1], rounds, 0...100_000)
        barriers = try Self.number(scan, numbers[2], barriers, 0...1_000_000)
        storeMegabytes = try Self.number(scan, numbers[3], storeMegabytes, 1...65536)
        chunkSectors = try Self.number(scan, numbers[4], chunkSectors, 8...128)
        writers = try Self.number(scan, numbers[5], writers, 1...16)
        takesBack = scan.values["without-rollback"] == nil
    }

    private static func number(
        _ scan: OptionScan, _ name: String, _ standard: Int, _ range: ClosedRange<Int>
    ) throws(ExerciseError) -> Int {
        guard let text = scan.values[name] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw .usage("--\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
