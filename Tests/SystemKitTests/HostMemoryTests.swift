import Testing

@testable import SystemKit

@Suite struct HostMemoryTests {
    @Test func readsTheKernelsEstimate() {
        #expect(HostMemory.available(in: "MemTotal:  2048 kB\nMemAvailable:   1024 kB\nBuffers: 1 kB\n") == 1_048_576)
        for odd in ["", "MemFree: 5 kB\n", "MemAvailable: kB\n", "MemAvailable: 5 MB\n", "MemAvailable: -5 kB\n"] {
            #expect(HostMemory.available(in: odd) == nil, "\(odd)")
        }
        #expect(HostMemory.available != nil)
    }
}
