//! Which commands may share a connection with others.

use crate::bindings::redis::RedisParameter as Parameter;

/// Commands that block, or that change how the connection handles later ones.
const EXCLUSIVE: [&str; 38] = [
    "BLPOP",
    "BRPOP",
    "BRPOPLPUSH",
    "BLMOVE",
    "BLMPOP",
    "BZPOPMIN",
    "BZPOPMAX",
    "BZMPOP",
    "WAIT",
    "WAITAOF",
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH",
    "UNWATCH",
    "SUBSCRIBE",
    "PSUBSCRIBE",
    "SSUBSCRIBE",
    "UNSUBSCRIBE",
    "PUNSUBSCRIBE",
    "SUNSUBSCRIBE",
    "MONITOR",
    "SELECT",
    "AUTH",
    "HELLO",
    "RESET",
    "QUIT",
    "CLIENT",
    "READONLY",
    "READWRITE",
    "ASKING",
    "SYNC",
    "PSYNC",
    "REPLCONF",
    "DEBUG",
    "SHUTDOWN",
    "FAILOVER",
    "SCRIPT",
];

/// Whether `command` needs an exclusive connection.
pub(super) fn is_exclusive(command: &str, arguments: &[Parameter]) -> bool {
    let name = command.trim();
    let reads_stream =
        name.eq_ignore_ascii_case("XREAD") || name.eq_ignore_ascii_case("XREADGROUP");
    EXCLUSIVE.iter().any(|exclusive| name.eq_ignore_ascii_case(exclusive))
        || (reads_stream && waits(arguments))
}

/// `BLOCK` among the options, which end at `STREAMS`.
fn waits(arguments: &[Parameter]) -> bool {
    let options = arguments.iter().map_while(|argument| match argument {
        Parameter::Binary(bytes) if bytes.eq_ignore_ascii_case(b"STREAMS") => None,
        Parameter::Binary(bytes) => Some(bytes.eq_ignore_ascii_case(b"BLOCK")),
        Parameter::Int64(_) => Some(false),
    });
    options.into_iter().any(|is_block| is_block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Parameter> {
        text.split(' ').map(|word| Parameter::Binary(word.as_bytes().to_vec())).collect()
    }

    #[test]
    fn blocking_and_stateful_commands_are_exclusive() {
        assert!(is_exclusive("blpop", &words("key 5")));
        assert!(is_exclusive("MULTI", &[]));
        assert!(is_exclusive("XREAD", &words("COUNT 1 BLOCK 5000 STREAMS s $")));
        assert!(is_exclusive("xreadgroup", &words("GROUP g c block 10 STREAMS s >")));
    }

    #[test]
    fn ordinary_commands_share() {
        assert!(!is_exclusive("GET", &words("key")));
        assert!(!is_exclusive("XREAD", &words("COUNT 1 STREAMS block 0")));
        assert!(!is_exclusive("EVAL", &words("return 1 0")));
    }
}
