import OutputBuffer
import Testing

@Suite struct PlugStateTests {
    @Test func takesOneBarrierAtATime() {
        #expect(PlugState.transparent.acceptsBarrier)
        #expect(PlugState.holding.acceptsBarrier)
        #expect(!PlugState.barrierInFlight.acceptsBarrier)
    }

    @Test func releasesOnlyWhatABarrierClosed() {
        #expect(!PlugState.transparent.acceptsRelease)
        #expect(!PlugState.holding.acceptsRelease)
        #expect(PlugState.barrierInFlight.acceptsRelease)
    }
}
