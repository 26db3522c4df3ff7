internal import Heartbeat
internal import ReplicaModel
internal import ReplicaProtocol

extension PrimaryDriver {
    // MARK: The first copy

    func beginCopy() {
        host.guest?.barriers.removeAll()
        // No replica of this domain is armed while its first copy is made: what an earlier session left held may go.
        open()
        world.resynchronize(from: host)
        world.hit(.seeding, host.number)
        scheduleImagePiece()
    }

    private func scheduleImagePiece() {
        let time = world.setup.imagePieceTime
        let slow = world.isConnectionSlow ? 3 * time : time
        world.queue.push(.timer(host.number, session: session, .imagePiece), at: world.now + slow)
    }

    func sendImagePiece() {
        switch phase {
        case .copying(let left):
            guard machine.state == .seeding else { return settle() }
            send(.image)
            if left > 1 {
                phase = .copying(piecesLeft: left - 1)
                scheduleImagePiece()
            } else {
                phase = .waitingToArm
                afterEvent()
            }
        case .waitingToArm:
            // The image's connection is kept alive while the witness is asked.
            guard machine.state == .seeding else { return settle() }
            send(.image)
            scheduleImagePiece()
        default: break
        }
    }

    // MARK: One epoch

    func runEpoch() {
        guard machine.mayRunEpochs, host.guest != nil else { return settle() }
        epoch = epoch.next
        isFinal = wantsFinalCheckpoint
        epochBegan = world.now
        // 1 Suspend, 2 barrier, 3 capture.
        host.guest?.stop(at: world.now)
        host.guest?.isOpen = false
        if let guest = host.guest {
            staged = GuestMoment(life: guest.life, counter: guest.count(at: world.now))
            stagedWrites = guest.writes
            host.guest?.barriers.append((epoch, staged.counter))
        }
        phase = .suspended(epoch)
        world.hit(.barrier, host.number)
        decide(.barrier(epoch, wroteDisks: wroteDisks()))
        isBlocked = true
        world.queue.push(
            .timer(host.number, session: session, .resume), at: world.now + 500_000 + world.random.below(2_500_000))
    }

    /// Whether the epoch needs a disk barrier; what is under way belongs to the next one, too.
    private func wroteDisks() -> Bool {
        guard world.setup.hasDisks, let guest = host.guest else { return false }
        host.guest?.hasWritten = guest.writes.underWay != nil
        return epoch == Epoch.none.next || guest.hasWritten
    }

    /// The capture is done; the guest stands still until the backup's disk barrier stands (safety rule 3).
    func awaitDiskBarrier() {
        phase = .awaitingDiskBarrier(epoch)
        world.queue.push(
            .timer(host.number, session: session, .diskBarrierTimeout(epoch: epoch.rawValue)),
            at: world.now + world.setup.diskBarrierTimeout)
        afterEvent()
    }

    /// 4 Resume, 5 encode, 6 send.
    private func resumeAndSend() {
        if !isFinal { host.guest?.resume(at: world.now) }
        guard let connection, world.connections[connection].sessions[host.number.rawValue] == session else {
            resumeUnlessHandedOver()
            return fail(.connectionLost)
        }
        phase = .sending(epoch)
        send(.checkpointBegin(epoch, machine.generation, begunAt: host.time(at: world.now)))
        isBlocked = true
        let slow = world.isConnectionSlow ? world.random.below(milliseconds(500)) : 0
        world.queue.push(
            .timer(host.number, session: session, .sent),
            at: world.now + milliseconds(2) + world.random.below(milliseconds(20)) + slow)
    }

    func finishSending() {
        // The lease counts from a time read before the last byte leaves.
        send(.checkpointEnd(epoch, machine.generation, sentAt: host.time(at: world.now), staged, stagedWrites))
        phase = .awaitingRelease(epoch)
        world.hit(.sent, host.number)
        world.queue.push(
            .timer(host.number, session: session, .acknowledgeTimeout(epoch: epoch.rawValue)),
            at: world.now + world.setup.acknowledgeTimeout)
        afterEvent()
    }

    private func resumeUnlessHandedOver() {
        if isFinal, machine.mayRunGuest { host.guest?.resume(at: world.now) }
    }

    // MARK: After each event

    /// Goes on in the program as far as the machine's new state lets it.
    func afterEvent() {
        switch phase {
        case .connecting, .awaitingReady, .copying:
            if machine.state != .seeding { settle() }
        case .waitingToArm:
            guard machine.state == .seeding else { return settle() }
            guard machine.mayArm, !isBlocked else { return }
            world.hit(.arming, host.number)
            runEpoch()
        case .betweenEpochs:
            if !machine.mayRunEpochs { settle() }
        case .awaitingDiskBarrier:
            guard machine.mayResume else { return }
            guard machine.mayRunEpochs else { return settle() }
            resumeAndSend()
        case .awaitingRelease(let waited):
            guard !machine.mayRunEpochs || machine.released >= waited else { return }
            resumeUnlessHandedOver()
            guard machine.mayRunEpochs else { return settle() }
            if isFinal { wantsFinalCheckpoint = false }
            phase = .betweenEpochs
            let next = wantsFinalCheckpoint ? world.now : max(world.now, epochBegan + world.setup.epochInterval)
            world.queue.push(.timer(host.number, session: session, .epoch), at: next)
        case .settling:
            settle()
        case .suspended, .sending, .ended:
            break
        }
    }

    /// Waits for the peer's word or its death, with the output held all the while (safety rule 5: the guest runs).
    func settle() {
        phase = .settling
        if machine.mayRunGuest { host.guest?.resume(at: world.now) }
        guard machine.isSettled, !isBlocked else { return }
        endConnection()
        phase = .ended
    }

    // MARK: Output

    func open() {
        guard host.guest != nil else { return }
        if host.guest?.isOpen == false { world.note(host.number, "output is open") }
        if machine.state == .unprotected(.operatorOrder), let guest = host.guest {
            world.checker.isOrdered(GuestMoment(life: guest.life, counter: guest.count(at: world.now)))
        }
        host.guest?.barriers.removeAll()
        host.guest?.isOpen = true
        world.goOnAlone(host)
        world.look()
    }

    func release(_ epoch: Epoch) {
        guard let guest = host.guest else { return }
        var counter: UInt64?
        while let first = host.guest?.barriers.first, first.epoch <= epoch {
            counter = first.counter
            host.guest?.barriers.removeFirst()
        }
        guard let counter else { return }
        world.checker.releases(epoch, machine.generation, host.number, world)
        world.emit(GuestMoment(life: guest.life, counter: counter), from: host)
    }
}
