//! Names for the numbers of record types and system calls.

/// Record types as the kernel prints them itself (`include/uapi/linux/audit.h`); auditd and
/// journald give names.
const RECORD_TYPES: &[(&str, &str)] = &[
    ("1006", "LOGIN"),
    ("1100", "USER_AUTH"),
    ("1101", "USER_ACCT"),
    ("1103", "CRED_ACQ"),
    ("1104", "CRED_DISP"),
    ("1105", "USER_START"),
    ("1106", "USER_END"),
    ("1108", "USER_CHAUTHTOK"),
    ("1109", "USER_ERR"),
    ("1110", "CRED_REFR"),
    ("1112", "USER_LOGIN"),
    ("1113", "USER_LOGOUT"),
    ("1114", "ADD_USER"),
    ("1115", "DEL_USER"),
    ("1116", "ADD_GROUP"),
    ("1117", "DEL_GROUP"),
    ("1123", "USER_CMD"),
    ("1130", "SERVICE_START"),
    ("1131", "SERVICE_STOP"),
    ("1300", "SYSCALL"),
    ("1302", "PATH"),
    ("1305", "CONFIG_CHANGE"),
    ("1306", "SOCKADDR"),
    ("1307", "CWD"),
    ("1309", "EXECVE"),
    ("1319", "TTY"),
    ("1320", "EOE"),
    ("1325", "NETFILTER_CFG"),
    ("1326", "SECCOMP"),
    ("1327", "PROCTITLE"),
    ("1330", "KERN_MODULE"),
    ("1334", "BPF"),
    ("1400", "AVC"),
    ("1403", "MAC_POLICY_LOAD"),
    ("1404", "MAC_STATUS"),
    ("1700", "ANOM_PROMISCUOUS"),
    ("1701", "ANOM_ABEND"),
];

/// `None` where `kind` is no number that we know.
pub(super) fn record_type(kind: &str) -> Option<&'static str> {
    RECORD_TYPES
        .iter()
        .find(|(number, _)| *number == kind)
        .map(|(_, name)| *name)
}

/// System calls that rules ask for: name, number on x86-64, number on AArch64 (`unistd_64.h`,
/// `asm-generic/unistd.h`; `-` where the architecture has none).
const SYSTEM_CALLS: &[(&str, &str, &str)] = &[
    ("accept", "43", "202"),
    ("accept4", "288", "242"),
    ("adjtimex", "159", "171"),
    ("bind", "49", "200"),
    ("bpf", "321", "280"),
    ("chmod", "90", "-"),
    ("chown", "92", "-"),
    ("clock_settime", "227", "112"),
    ("clone", "56", "220"),
    ("clone3", "435", "435"),
    ("connect", "42", "203"),
    ("creat", "85", "-"),
    ("delete_module", "176", "106"),
    ("execve", "59", "221"),
    ("execveat", "322", "281"),
    ("fchmod", "91", "52"),
    ("fchmodat", "268", "53"),
    ("fchown", "93", "55"),
    ("fchownat", "260", "54"),
    ("finit_module", "313", "273"),
    ("fork", "57", "-"),
    ("ftruncate", "77", "46"),
    ("init_module", "175", "105"),
    ("kill", "62", "129"),
    ("memfd_create", "319", "279"),
    ("mknod", "133", "-"),
    ("mknodat", "259", "33"),
    ("mount", "165", "40"),
    ("open", "2", "-"),
    ("openat", "257", "56"),
    ("personality", "135", "92"),
    ("process_vm_writev", "311", "271"),
    ("ptrace", "101", "117"),
    ("rename", "82", "-"),
    ("renameat", "264", "38"),
    ("renameat2", "316", "276"),
    ("rmdir", "84", "-"),
    ("sendto", "44", "206"),
    ("setgid", "106", "144"),
    ("sethostname", "170", "161"),
    ("settimeofday", "164", "170"),
    ("setuid", "105", "146"),
    ("setxattr", "188", "5"),
    ("socket", "41", "198"),
    ("sysinfo", "99", "179"),
    ("syslog", "103", "116"),
    ("truncate", "76", "45"),
    ("umount2", "166", "39"),
    ("unlink", "87", "-"),
    ("unlinkat", "263", "35"),
    ("vfork", "58", "-"),
];

/// The name of system call `number` for the `arch` value of a record.
pub(super) fn system_call(arch: &str, number: &str) -> Option<&'static str> {
    SYSTEM_CALLS
        .iter()
        .find(|(_, x86_64, aarch64)| match arch {
            "c000003e" | "x86_64" => *x86_64 == number,
            "c00000b7" | "aarch64" => *aarch64 == number,
            _ => false,
        })
        .map(|(name, ..)| *name)
}
