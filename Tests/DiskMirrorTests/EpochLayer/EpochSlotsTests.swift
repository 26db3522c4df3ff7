import ReplicaModel
import Testing

@testable import DiskMirror

@Suite struct EpochSlotsTests {
    private func epoch(_ number: UInt64) -> Epoch { Epoch(rawValue: number) }

    @Test func goesRoundThroughManyEpochsWithThreeSlots() throws {
        var slots = EpochSlots()
        slots.set(try #require(slots.toPrepare), .prepared)
        for number in 1...UInt64(20) {
            slots.set(try #require(slots.prepared), .covers(epoch(number)))
            // Right after the barrier, while the epoch before is still the committed one.
            slots.set(try #require(slots.toPrepare), .prepared)
            #expect(slots.epochs == (max(1, number - 1)...number).map(epoch))
            for slot in slots.obsolete(at: epoch(number)) { slots.set(slot, .empty) }
            #expect(slots.epochs == [epoch(number)])
        }
    }

    @Test func preparesNoSecondLogAndNoneWithoutAFreeSlot() {
        var slots = EpochSlots()
        slots.set(1, .prepared)
        #expect(slots.toPrepare == nil)
        for slot in 0..<3 { slots.set(slot, .covers(epoch(UInt64(slot + 1)))) }
        #expect(slots.toPrepare == nil)
        #expect(slots.prepared == nil)
    }

    @Test func keepsTheLogOfTheLastBarrierForAnEpochWithoutWrites() {
        var slots = EpochSlots()
        slots.set(2, .covers(epoch(4)))
        #expect(slots.obsolete(at: epoch(6)).isEmpty)
        #expect(slots.covering(epoch(6)) == 2)
        #expect(slots.covering(epoch(3)) == nil)
        slots.set(0, .covers(epoch(7)))
        #expect(slots.obsolete(at: epoch(6)).isEmpty)
        #expect(slots.newer(than: epoch(6)) == [0])
        #expect(slots.obsolete(at: epoch(7)) == [2])
    }

    @Test func dropsNothingForAnEpochBeforeTheFirstBarrier() {
        var slots = EpochSlots()
        slots.set(0, .covers(epoch(5)))
        #expect(slots.obsolete(at: epoch(4)).isEmpty)
    }
}
