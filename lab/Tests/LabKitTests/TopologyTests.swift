import Synchronization
import Testing

@testable import LabKit

@Suite struct TopologyTests {
    @Test func workForSeveralHostsComesBackInTheirOrder() throws {
        let indices = try HostName.together { host throws(LabError) in host.index }
        #expect(indices == [1, 2])
        #expect(try HostName.together([.xen2]) { host throws(LabError) in host.index } == [2])
        #expect(try HostName.together([]) { host throws(LabError) in host.index }.isEmpty)
    }

    @Test func theOtherHostsWorkIsDoneWhenOneFails() {
        let done = Mutex<[HostName]>([])
        let error = #expect(throws: LabError.self) {
            try HostName.together { host throws(LabError) in
                if host == .xen1 { throw LabError(.hostOff, attempt: "try", outcome: "\(host)") }
                done.withLock { $0.append(host) }
            }
        }
        #expect(error?.outcome == "xen1")
        #expect(done.withLock { $0 } == [.xen2])
    }
}
