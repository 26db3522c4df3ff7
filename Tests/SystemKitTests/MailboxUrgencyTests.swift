import SystemKit
import Testing

@Suite struct MailboxUrgencyTests {
    @Test func anUrgentEventIsTakenOutOfItsTurnAndTheOthersKeepTheirs() {
        let mailbox = Mailbox<Int>(capacity: 8)
        for event in [1, 20, 3, 40] { mailbox.post(event) }
        #expect(mailbox.next(where: { $0 >= 10 }) == 20)
        #expect(mailbox.next(where: { $0 >= 10 }) == 40)
        #expect(mailbox.next(where: { $0 >= 10 }) == nil)
        #expect(mailbox.next(before: 0) == 1)
        #expect(mailbox.next(before: 0) == 3)
        #expect(mailbox.next(before: 0) == nil)
    }
}
