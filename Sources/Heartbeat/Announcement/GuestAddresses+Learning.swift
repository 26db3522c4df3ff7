extension GuestAddresses {
    /// Takes in an address that was just seen.
    ///
    /// Beyond ``most`` the oldest of the family with more addresses goes: a guest that invents addresses makes this host
    /// keep and announce no more than that, and temporary IPv6 addresses never push the IPv4 address out.
    ///
    /// - Parameter learned: What a frame of the interface showed.
    mutating func note(_ learned: LearnedAddress) {
        switch learned {
        case .ipv4(let address):
            Self.moveToFront(address, of: &ipv4)
        case .ipv6(let address, let router):
            Self.moveToFront(address, of: &ipv6)
            if router { isRouter = true }
        }
        guard ipv4.count + ipv6.count > Self.most else { return }
        if ipv4.count > ipv6.count { ipv4.removeLast() } else { ipv6.removeLast() }
    }

    private static func moveToFront<Address: Equatable>(_ address: Address, of list: inout [Address]) {
        list.removeAll { $0 == address }
        list.insert(address, at: 0)
    }
}
