internal import ReplicaModel
internal import ReplicaProtocol

/// The guest's disk on one host: of what it holds only the number of the newest write counts.
struct SimulatedVolume {
    /// The newest write that came to it.
    var newest: UInt64 = 0
    /// What it held at each barrier whose undo log is kept, the oldest first.
    var undo: [(epoch: Epoch, newest: UInt64)] = []
}

/// What a guest knows of its writes, one at a time.
struct GuestWrites: Equatable {
    /// The newest one that it knows to be complete.
    var done: UInt64 = 0
    /// The one that it waits for; after a failover it is submitted again.
    var underWay: UInt64?

    /// Whether a volume is one that this guest may find.
    func matches(_ volume: SimulatedVolume) -> Bool { volume.newest == done || volume.newest == underWay }
}

/// The disks and the mirror between them: a write is complete when it is on both, and the mirror holds writes when it breaks.
extension World {
    /// A guest that has just started writes from now on, if it has a disk.
    func beginWriting(_ host: SimulatedHost) {
        guard setup.hasDisks, let guest = host.guest else { return }
        queue.push(.guestWrites(host.number, life: guest.life), at: now + milliseconds(random.below(50)))
    }

    /// The guest writes now and then, one write at a time.
    func guestWrites(_ host: SimulatedHost, life: Int) {
        guard let guest = host.guest, guest.life == life else { return }
        let pause = setup.writesOften ? 200_000 + random.below(1_500_000) : milliseconds(2 + random.below(150))
        queue.push(.guestWrites(host.number, life: life), at: now + pause)
        guard host.isUp, host.frozen == 0, guest.isRunning, guest.writes.underWay == nil else { return }
        writeCount += 1
        host.guest?.writes.underWay = writeCount
        host.guest?.hasWritten = true
        submitWrite(host)
    }

    /// The write under way goes to this host's volume and to the other one, unless the mirror is broken and holds it.
    private func submitWrite(_ host: SimulatedHost) {
        guard let number = host.guest?.writes.underWay else { return }
        if isMirrored {
            host.volume.newest = number
            let delay = 50_000 + random.below(350_000)
            queue.push(.mirrored(host.number, write: number, since: now), at: now + delay)
        } else if host.guest?.isOpen == true {
            // Nobody else can own the domain: the mirror was told to go on alone.
            host.volume.newest = number
            host.guest?.completeWrite()
        }
    }

    /// A write comes to the other host, and is complete.
    func mirror(_ write: UInt64, from host: SimulatedHost, since: VirtualTime) {
        guard isMirrored, host.isUp else { return }
        let peer = hosts[host.number.other.rawValue]
        let passes =
            canPass(from: host.number, over: .replication) && canPass(from: peer.number, over: .replication)
            && peer.frozen == 0
        guard passes else {
            guard now - since < milliseconds(1_000) else { return breakMirror() }
            return queue.push(.mirrored(host.number, write: write, since: since), at: now + milliseconds(50))
        }
        peer.volume.newest = write
        if host.guest?.writes.underWay == write { host.guest?.completeWrite() }
    }

    /// The mirror breaks: what is under way is held until it is known who goes on.
    func breakMirror() {
        guard isMirrored else { return }
        isMirrored = false
        note(nil, "the mirror is broken")
        for host in hosts where host.guest?.isOpen == true { goOnAlone(host) }
    }

    /// A host goes on without the mirror, where it is broken.
    func goOnAlone(_ host: SimulatedHost) {
        if !isMirrored { submitWrite(host) }
    }

    /// The other host gets all that this one has, before a replica is made.
    func resynchronize(from host: SimulatedHost) {
        guard setup.hasDisks else { return }
        let peer = hosts[host.number.other.rawValue]
        peer.volume = SimulatedVolume(newest: host.volume.newest)
        let wasMirrored = isMirrored
        isMirrored = true
        if !wasMirrored { submitWrite(host) }
    }

    // MARK: On the backup

    func placeBarrier(_ epoch: Epoch, at host: SimulatedHost) {
        host.volume.undo.append((epoch, host.volume.newest))
    }

    func rollBack(to barrier: Epoch?, at host: SimulatedHost) {
        breakMirror()
        defer { host.volume.undo.removeAll() }
        guard let barrier else { return }
        guard let log = host.volume.undo.first(where: { $0.epoch == barrier }) else {
            return checker.fail(3, "\(host.number.name) has no undo log of epoch \(barrier)", self)
        }
        if log.newest != host.volume.newest { note(host.number, "takes its disk back to epoch \(barrier)") }
        host.volume.newest = log.newest
    }
}

extension SimulatedGuest {
    /// The write under way is complete; a guest that stands still hears of it when it runs again.
    mutating func completeWrite() {
        if isRunning { learnOfWrite() } else { isWriteDone = true }
    }

    mutating func learnOfWrite() {
        guard let number = writes.underWay else { return }
        writes = GuestWrites(done: number)
        isWriteDone = false
    }
}
