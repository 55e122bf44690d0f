//! Words about drafts: what is being ordered, where, for how long, and what is being stopped.

use super::{Leaf, drafts, of_kind};
use crate::chart::{Order, Truth, When};
use crate::evaluate::evidence::{Evidence, Sink};
use crate::knowledge::{Coded, Length};

impl<'c, 'k, S: Sink<'c, 'k>> Leaf<'c, '_, S> {
    pub(super) fn drafted(&mut self, kind: &Coded, counts: impl Fn(&Order) -> bool) -> Truth {
        let mut any = Truth::False;
        for order in self.chart.orders.iter().filter(|order| counts(order) && drafts(order, kind)) {
            self.sink.add(Evidence::Entry {
                label: &order.label,
                source: &order.source,
                remark: Some("draft"),
            });
            any = Truth::True;
        }
        if any == Truth::False {
            self.sink.add(Evidence::NotOnRecord);
        }
        any
    }

    pub(super) fn ordering_uncoded(&mut self) -> Truth {
        match self.chart.orders.iter().find(|order| order.in_focus && order.uncoded && !order.stops) {
            Some(order) => {
                let remark = Some("draft without a known code");
                self.sink.add(Evidence::Entry { label: &order.label, source: &order.source, remark });
                Truth::True
            }
            None => Truth::False,
        }
    }

    pub(super) fn stopping(&mut self, kind: &Coded) -> Truth {
        let stops = |order: &&Order| order.in_focus && order.stops && of_kind(order, kind);
        match self.chart.orders.iter().find(stops) {
            Some(order) => {
                self.add(order, "being stopped");
                Truth::True
            }
            None => {
                self.sink.add(Evidence::NotOnRecord);
                Truth::False
            }
        }
    }

    pub(super) fn ordering_at(&mut self, kind: &Coded, site: &Coded) -> Truth {
        self.each_draft(kind, |leaf, order| {
            let (remark, at) = match (site.matches(order.sites), order.site_said) {
                (true, _) => ("for this site", Truth::True),
                (false, true) => ("for another site", Truth::False),
                (false, false) => ("for a site that is not stated", Truth::Unknown),
            };
            leaf.add(order, remark);
            at
        })
    }

    pub(super) fn ordered_for(&mut self, kind: &Coded, length: &Length) -> Truth {
        let today = When::from(self.chart.today);
        self.each_draft(kind, |leaf, order| {
            let Some(until) = order.until else {
                leaf.add(order, "without an end");
                return Truth::Unknown;
            };
            leaf.between(order.from.unwrap_or(today), until, length, &order.label, &order.source)
        })
    }

    /// True where it is true of one draft in focus of this kind.
    fn each_draft(&mut self, kind: &Coded, mut judge: impl FnMut(&mut Self, &'c Order) -> Truth) -> Truth {
        let mut any = Truth::False;
        let mut found = false;
        for order in self.chart.orders.iter().filter(|order| order.in_focus && drafts(order, kind)) {
            found = true;
            any = any.or(judge(self, order));
        }
        if !found {
            self.sink.add(Evidence::NotOnRecord);
        }
        any
    }

    fn add(&mut self, order: &'c Order, remark: &'static str) {
        self.sink.add(Evidence::Entry { label: &order.label, source: &order.source, remark: Some(remark) });
    }
}
