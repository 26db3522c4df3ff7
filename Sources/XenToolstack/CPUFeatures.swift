/// Compares the feature bits of CPU policies: Xen 4.17's own comparison looks at the highest leaf numbers only.
extension CPUPolicy {
    /// The words of features, by leaf and subleaf, with the bits that are not compared.
    private static let words: [(leaf: UInt32, subleaf: UInt32, register: Int, ignored: UInt32)] = [
        // OSXSAVE is what the guest turned on, and the hypervisor bit is always set.
        (0x1, none, 2, 1 << 27 | 1 << 31), (0x1, none, 3, 0),
        // OSPKE is what the guest turned on.
        (0x7, 0, 1, 0), (0x7, 0, 2, 1 << 4), (0x7, 0, 3, 0),
        (0x7, 1, 0, 0), (0x7, 1, 1, 0), (0x7, 1, 2, 0), (0x7, 1, 3, 0),
        (0xD, 1, 0, 0),
        // AMD repeats bits of leaf 1 in the second word here, and Xen keeps them out of the most that a host can give.
        (0x8000_0001, none, 2, 0), (0x8000_0001, none, 3, 0x0183_F3FF),
        (0x8000_0007, none, 3, 0), (0x8000_0008, none, 1, 0), (0x8000_0021, none, 0, 0),
    ]

    /// Xen's subleaf number for leaves that have none.
    private static let none: UInt32 = 0xFFFF_FFFF
    private static let registers = ["eax", "ebx", "ecx", "edx"]

    /// The features of this policy that another one lacks.
    ///
    /// - Parameter host: The most that a host can give.
    /// - Returns: One text a feature, such as "CPUID 7.0 ebx bit 16"; empty when the other has them all.
    func featuresMissing(in host: CPUPolicy) -> [String] {
        var missing: [String] = []
        for word in Self.words {
            let wanted = self.word(word.leaf, word.subleaf, word.register) & ~word.ignored
            let lacking = wanted & ~host.word(word.leaf, word.subleaf, word.register)
            for bit in 0..<32 where lacking & 1 << bit != 0 {
                let subleaf = word.subleaf == Self.none ? "" : ".\(word.subleaf)"
                let leaf = String(word.leaf, radix: 16)
                missing.append("CPUID \(leaf)\(subleaf) \(Self.registers[word.register]) bit \(bit)")
            }
        }
        return missing
    }

    /// One register of a leaf; 0 when the policy has no such leaf.
    private func word(_ leaf: UInt32, _ subleaf: UInt32, _ register: Int) -> UInt32 {
        let size = 24
        for start in stride(from: 0, through: cpuidLeaves.count - size, by: size)
        where number(at: start) == leaf && number(at: start + 4) == subleaf {
            return number(at: start + 8 + register * 4)
        }
        return 0
    }

    private func number(at offset: Int) -> UInt32 {
        cpuidLeaves[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
