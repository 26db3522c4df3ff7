import SystemKit
import Testing

@Suite struct ChecksumTests {
    @Test func hasTheStandardsCheckValue() {
        let value = Array("123456789".utf8).withUnsafeBytes { Checksum.of($0) }
        #expect(value == 0xe306_9283)
    }

    @Test func ofNothingIsZero() {
        #expect(Checksum().value == 0)
        #expect(Checksum.of(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }

    @Test func hasTheValuesOfTheISCSIStandard() {
        #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes { Checksum.of($0) } == 0x8a91_36aa)
        #expect([UInt8](repeating: 0xff, count: 32).withUnsafeBytes { Checksum.of($0) } == 0x62a8_ab43)
    }

    @Test func isTheSameHoweverTheBytesAreCut() {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
        let whole = bytes.withUnsafeBytes { Checksum.of($0) }
        for _ in 0..<100 {
            var pieces = Checksum()
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 0...3000, using: &generator)
                pieces.update(Array(rest.prefix(count)).span.bytes)
                rest = rest.dropFirst(count)
            }
            #expect(pieces.value == whole)
        }
    }
}
