//! The fields of a log line: the whole vocabulary. Tests hold the lines to it.

/// Each field with what it holds. None holds anything of a patient, a user, a token, a body or a URL as it was sent.
pub const VOCABULARY: [(&str, &str); 21] = [
    ("message", "what happened, in words that never change"),
    ("method", "method of the request; `other` where HTTP does not define it"),
    ("route", "template of the route, such as `/cds-services/{id}`; absent where none matched"),
    ("status", "status of the answer; absent where the client went away before it"),
    (
        "duration_ms",
        "from the headers of the request to those of the answer, or all of a fetch, in milliseconds",
    ),
    ("hook_instance", "`hookInstance` of the call, where it is a UUID"),
    ("jti", "`jti` of its token, where it is a UUID"),
    ("trace_id", "trace of the call, where traces are made"),
    ("bytes_in", "bytes of the request's body that were read"),
    ("bytes_out", "bytes of the answer's body"),
    ("service", "id of the CDS service, where it is one of ours"),
    ("client", "name of the client in the settings, once its token was found good, or whose keys were read"),
    ("unusable", "keys of a JWK Set that cannot be used"),
    ("keys", "prefetch keys that were fetched for a call"),
    ("incomplete", "how many of them did not come in full"),
    ("pages", "pages that came for them"),
    ("bytes_fetched", "bytes of these pages"),
    ("answers", "each prefetch key with the statuses of the FHIR server, or what came in their place"),
    ("error", "what went wrong, for operators: what was attempted, then its causes"),
    ("listen", "address on which a listener accepts connections"),
    ("location", "file and line of our own source, after a panic"),
];
