//! The turn of a connection: how much of what a client sent is taken before others have theirs.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use tokio::task::coop::has_budget_remaining;

/// How many pieces of a body are taken in one turn, at most: hyper reads one in each poll.
const POLLS: usize = 128;

const WAITING: u8 = 0;
const POLLED: u8 = 1;
const WOKEN: u8 = 2;

/// Polls `future` again at once where it was woken while it was polled, where a runtime has it wait behind all others.
///
/// hyper hands a body over in pieces as large as its buffer, and is woken after each. Connections that wait behind each
/// other for each piece have all of their bodies in memory half read, and none of them in the caches when it is whole.
pub(super) fn in_long_turns<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let mut future = Box::pin(future);
    let turn = Arc::new(Turn::default());
    let waker = Waker::from(Arc::clone(&turn));
    poll_fn(move |context| {
        turn.task.register(context.waker());
        for _ in 0..POLLS {
            turn.state.store(POLLED, Ordering::Release);
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(output);
            }
            let waits =
                turn.state.compare_exchange(POLLED, WAITING, Ordering::AcqRel, Ordering::Acquire).is_ok();
            if waits {
                return Poll::Pending;
            }
            // Without any, whatever is polled says that it is not ready.
            if !has_budget_remaining() {
                break;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}

/// Whether the future was woken while it was polled, and whom to wake where it was not.
#[derive(Default)]
struct Turn {
    state: AtomicU8,
    task: AtomicWaker,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, Ordering::AcqRel) == WAITING {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A future that wakes itself in each of its first `times` polls and then waits, with the waker that it was last given.
    fn wakes_itself(times: usize, polls: &AtomicUsize, last: &Mutex<Option<Waker>>) -> impl Future {
        poll_fn(move |context| {
            *last.lock().unwrap() = Some(context.waker().clone());
            if polls.fetch_add(1, Ordering::Relaxed) < times {
                context.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        })
    }

    #[test]
    fn what_is_woken_while_it_is_polled_does_not_wait_behind_others() {
        // Pieces, polls of the first turn, and whether it asks for another.
        for (times, expected, asks) in [(0, 1, 0), (1, 2, 0), (20, 21, 0), (1000, POLLS, 1)] {
            let (polls, last, woken) = (AtomicUsize::new(0), Mutex::default(), Arc::<Woken>::default());
            let mut future = pin!(in_long_turns(wakes_itself(times, &polls, &last)));
            let waker = Waker::from(Arc::clone(&woken));
            assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            assert_eq!(polls.load(Ordering::Relaxed), expected, "{times}");
            assert_eq!(woken.0.load(Ordering::Relaxed), asks, "{times}");
        }
    }

    #[test]
    fn what_is_woken_while_it_waits_has_its_task_woken_once_for_each_turn() {
        let (polls, last, woken) = (AtomicUsize::new(0), Mutex::default(), Arc::<Woken>::default());
        let mut future = pin!(in_long_turns(wakes_itself(1, &polls, &last)));
        let waker = Waker::from(Arc::clone(&woken));
        for turn in 1..=3 {
            assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            let given = last.lock().unwrap().clone().unwrap();
            given.wake_by_ref();
            given.wake();
            assert_eq!(woken.0.load(Ordering::Relaxed), turn);
        }
        assert_eq!(polls.load(Ordering::Relaxed), 4);
    }
}
