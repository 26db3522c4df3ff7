import Testing

@testable import XenToolstack

@Suite struct CapNoteTests {
    private let identity = "6c3b5b0e-5a0e-4b6e-9d0a-0f6f3b1f2c11"

    @Test func aNoteIsReadAsItWasWritten() {
        for ours in [[75], [75, 56]] as [[UInt16]] {
            let note = CapNote(identity: identity, operators: 150, ours: ours)
            #expect(CapNote(note.text, identity: identity) == note)
        }
    }

    @Test(arguments: ["", "150 75", "other 150 75", "6c3b5b0e-5a0e-4b6e-9d0a-0f6f3b1f2c11 150", "x y z"])
    func anotherTextIsNoNote(text: String) {
        #expect(CapNote(text, identity: identity) == nil)
        #expect(CapNote("\(identity) 1 2 3 4", identity: identity) == nil)
        #expect(CapNote("\(identity) 1 70000", identity: identity) == nil)
    }

    @Test func theOperatorsOwnCapComesBackAlsoWhenTheControllerDiedWhileOneWasBeingSet() {
        let note = CapNote(identity: identity, operators: 150, ours: [75, 56])
        #expect(note.restored(from: 75) == 150)
        #expect(note.restored(from: 56) == 150)
    }

    @Test func aCapThatAnOperatorSetMeanwhileStays() {
        let note = CapNote(identity: identity, operators: 0, ours: [75])
        #expect(note.restored(from: 40) == nil)
        #expect(note.restored(from: 0) == nil)
    }

    @Test func aCapIsAShareOfWhatTheGuestMayHave() {
        #expect(CapNote.cap(leaving: 75, processors: 1, operators: 0) == 75)
        #expect(CapNote.cap(leaving: 75, processors: 4, operators: 0) == 300)
        #expect(CapNote.cap(leaving: 50, processors: 4, operators: 150) == 75)
        #expect(CapNote.cap(leaving: 10, processors: 1, operators: 20) == 5)
    }

    @Test func aCapIsNeverAboveTheOperatorsOwnAndNeverNone() {
        for operators in [0, 1, 3, 50, 100, 400, 1_000] as [UInt16] {
            for percent in [1, 10, 50, 99, 100] as [UInt64] {
                for processors in [0, 1, 2, 64, 1_000] {
                    let cap = CapNote.cap(leaving: percent, processors: processors, operators: operators)
                    #expect(cap > 0)
                    #expect(operators == 0 || cap <= operators)
                    // Xen refuses more than all of a guest's processors.
                    #expect(Int(cap) <= max(processors, 1) * 100)
                }
            }
        }
    }
}
