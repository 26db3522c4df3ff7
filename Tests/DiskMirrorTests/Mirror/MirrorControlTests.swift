import SystemKit
import Testing

@testable import DiskMirror

@Suite struct MirrorControlTests {
    @Test func anOrderThatHangsIsGivenUpAtItsDeadline() throws {
        let control = MirrorControl()
        let gate = Mailbox<Bool>(capacity: 1)
        let failure = #expect(throws: MirrorError.self) {
            try Self.hang(control, at: gate, before: Clock.monotonic + 20_000_000)
        }
        gate.post(true)
        #expect(failure == .notAnswered(action: "hang", on: "r0"))
    }

    @Test func noMoreOrdersAreGivenThanMayHang() throws {
        let control = MirrorControl()
        let gate = Mailbox<Bool>(capacity: MirrorControl.mostUnanswered)
        for _ in 0..<MirrorControl.mostUnanswered {
            #expect(throws: MirrorError.self) { try Self.hang(control, at: gate, before: 0) }
        }
        let failure = #expect(throws: MirrorError.self) { try Self.hang(control, at: gate, before: .max) }
        for _ in 0..<MirrorControl.mostUnanswered { gate.post(true) }
        #expect(
            failure
                == .tooManyUnanswered(action: "hang", on: "r0", count: MirrorControl.mostUnanswered))
    }

    @Test func ordersThatEndMakeRoomForOthers() throws {
        let control = MirrorControl()
        for number in 0..<(3 * MirrorControl.mostUnanswered) {
            let answer = try control.run("answer", on: "r0", before: .max / 2) { () throws(MirrorError) in number }
            #expect(answer == number)
        }
    }

    @Test func aFailureOfTheOrderIsTheCallers() {
        let control = MirrorControl()
        let failure = #expect(throws: MirrorError.self) {
            _ = try control.run("fail", on: "r0", before: .max / 2) { () throws(MirrorError) -> Int in
                throw .moduleMissing
            }
        }
        #expect(failure == .moduleMissing)
    }

    private static func hang(_ control: MirrorControl, at gate: Mailbox<Bool>, before deadline: UInt64) throws {
        _ = try control.run("hang", on: "r0", before: deadline) { () throws(MirrorError) in
            gate.next(before: .max / 2) ?? false
        }
    }
}
