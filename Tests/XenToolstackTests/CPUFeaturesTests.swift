import Testing

@testable import XenToolstack

@Suite struct CPUFeaturesTests {
    /// A policy of leaves, each: leaf, subleaf, eax, ebx, ecx, edx.
    private func policy(_ leaves: [[UInt32]]) -> CPUPolicy {
        var bytes: [UInt8] = []
        for number in leaves.joined() { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        return CPUPolicy(cpuidLeaves: bytes, msrEntries: [])
    }

    private static let none: UInt32 = 0xFFFF_FFFF

    @Test func hostWithTheSameFeaturesLacksNothing() {
        let same = policy([[1, Self.none, 9, 9, 0x7FF, 0xFFF], [7, 0, 1, 0xFF, 0, 0]])
        #expect(same.featuresMissing(in: same).isEmpty)
    }

    @Test func hostWithMoreFeaturesLacksNothing() {
        let guest = policy([[7, 0, 0, 0b0101, 0, 0]])
        #expect(guest.featuresMissing(in: policy([[7, 0, 0, 0b1111, 1, 1]])).isEmpty)
    }

    @Test func namesEachFeatureThatTheHostLacks() {
        let guest = policy([[1, Self.none, 0, 0, 1 << 20, 0], [7, 0, 0, 1 << 16 | 1 << 3, 0, 0]])
        let host = policy([[1, Self.none, 0, 0, 1 << 20, 0], [7, 0, 0, 1 << 3, 0, 0]])
        #expect(guest.featuresMissing(in: host) == ["CPUID 7.0 ebx bit 16"])
        #expect(guest.featuresMissing(in: policy([])).count == 3)
        #expect(guest.featuresMissing(in: policy([])).first == "CPUID 1 ecx bit 20")
    }

    @Test func passesOverWhatTheGuestTurnsOnItself() {
        let guest = policy([[1, Self.none, 0, 0, 1 << 27 | 1 << 31, 0], [7, 0, 0, 0, 1 << 4, 0]])
        #expect(guest.featuresMissing(in: policy([])).isEmpty)
    }

    @Test func passesOverWhatAMDRepeats() {
        let guest = policy([[0x8000_0001, Self.none, 0, 0, 0, 0x0183_F3FF | 1 << 29]])
        #expect(guest.featuresMissing(in: policy([])) == ["CPUID 80000001 edx bit 29"])
    }

    @Test func passesOverModelNumbers() {
        let guest = policy([[0, Self.none, 13, 1, 2, 3], [1, Self.none, 0x800F12, 0x0010_0800, 0, 0]])
        #expect(guest.featuresMissing(in: policy([])).isEmpty)
    }

    @Test func readsNothingFromALeafThatIsCutShort() {
        let guest = CPUPolicy(cpuidLeaves: Array(repeating: 0xFF, count: 23), msrEntries: [])
        #expect(guest.featuresMissing(in: policy([])).isEmpty)
    }
}
