//! What ties the lines of one call together, here and at the client: `hookInstance`, the `jti` of its token, its trace.
//!
//! The first two are texts of the client. Only a UUID is kept of them: nothing else could be told from a name or a number of a
//! patient.

use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use super::traces::Span;

tokio::task_local! {
    static CALL: Correlation;
}

/// The ids of one call, as far as they are known.
#[derive(Debug, Clone, Default)]
pub struct Correlation(Arc<Ids>);

#[derive(Debug, Default)]
struct Ids {
    hook_instance: OnceLock<Uuid>,
    jti: OnceLock<Uuid>,
    span: Option<Span>,
}

impl Correlation {
    /// Of a call that is traced, where it is.
    #[must_use]
    pub fn traced(span: Option<Span>) -> Correlation {
        Correlation(Arc::new(Ids { span, ..Ids::default() }))
    }

    /// The span of the call on whose way this is asked, where it is traced.
    #[must_use]
    pub fn current_span() -> Option<Span> {
        CALL.try_with(|call| call.0.span.clone()).ok().flatten()
    }

    /// The span of the call, where it is traced.
    #[must_use]
    pub fn span(&self) -> Option<&Span> {
        self.0.span.as_ref()
    }

    /// Its trace, for a log line.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        self.span().map(Span::trace_id)
    }

    /// Runs `call` so that everything on its way can note and read the ids.
    pub async fn around<T>(&self, call: impl Future<Output = T>) -> T {
        CALL.scope(self.clone(), call).await
    }

    /// The ids of the call on whose way this is asked; none elsewhere.
    #[must_use]
    pub fn current() -> Correlation {
        CALL.try_with(Clone::clone).unwrap_or_default()
    }

    /// Notes `hookInstance`.
    pub fn note_hook_instance(text: &str) {
        note(text, |ids| &ids.hook_instance);
    }

    /// Notes `jti`. Only of a token that was found good: anybody can write one.
    pub fn note_jti(text: &str) {
        note(text, |ids| &ids.jti);
    }

    /// `hookInstance`, for a log line.
    #[must_use]
    pub fn hook_instance(&self) -> Option<String> {
        self.0.hook_instance.get().map(Uuid::to_string)
    }

    /// `jti`, for a log line.
    #[must_use]
    pub fn jti(&self) -> Option<String> {
        self.0.jti.get().map(Uuid::to_string)
    }
}

fn note(text: &str, of: impl Fn(&Ids) -> &OnceLock<Uuid>) {
    let Ok(id) = Uuid::try_parse(text) else { return };
    let _ = CALL.try_with(|call| of(&call.0).set(id));
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea";

    #[tokio::test]
    async fn only_a_uuid_is_kept_and_only_within_its_call() {
        for (sent, kept) in [(ID, Some(ID)), ("MRN-4711", None), ("Mustermann", None), ("", None)] {
            let call = Correlation::default();
            call.around(async {
                Correlation::note_hook_instance(sent);
                assert_eq!(Correlation::current().hook_instance().as_deref(), kept, "{sent}");
            })
            .await;
            assert_eq!(call.hook_instance().as_deref(), kept, "{sent}");
            assert_eq!(call.jti(), None);
        }
        Correlation::note_jti(ID);
        assert_eq!(Correlation::current().jti(), None);
    }
}
