//! The order in which people read the shapes of a slide: from above, and from the left, where they
//! stand so; else as they were drawn.

/// Shapes of a slide that are put in order; slides with more keep the order of drawing.
const MAX_SHAPES: usize = 400;

/// Where a shape stands, in the units of its slide or group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ShapeBox {
    pub(super) left: i64,
    pub(super) top: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl ShapeBox {
    /// True where this shape is read before the other, wherever they stand in the drawing.
    fn is_before(&self, other: &Self) -> bool {
        let shared = |a: i64, a_size: i64, b: i64, b_size: i64| {
            let end = a.saturating_add(a_size.max(1)).min(b.saturating_add(b_size.max(1)));
            end.saturating_sub(a.max(b))
        };
        let beside = shared(self.left, self.width, other.left, other.width);
        let level = shared(self.top, self.height, other.top, other.height);
        let (low, narrow) =
            (self.height.min(other.height).max(1), self.width.min(other.width).max(1));
        // One under the other, or side by side; shapes on top of each other are as they were drawn.
        if beside > 0 && level.saturating_mul(4) < low {
            return self.top < other.top;
        }
        level.saturating_mul(2) > low && beside.saturating_mul(4) < narrow && self.left < other.left
    }
}

/// The order in which shapes are read. Those without a place of their own stay where they were
/// drawn.
pub(super) fn order(places: &[Option<ShapeBox>]) -> Vec<usize> {
    let all: Vec<usize> = (0..places.len()).collect();
    if places.len() > MAX_SHAPES {
        return all;
    }
    let is_before = |a: usize, b: usize| match (places.get(a), places.get(b)) {
        (Some(Some(a)), Some(Some(b))) => a.is_before(b),
        _ => false,
    };
    let mut rest = all;
    let mut order = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let is_next =
            |&&shape: &&usize| !rest.iter().any(|&other| other != shape && is_before(other, shape));
        // In a circle of shapes, each before the next, the first that was drawn comes first.
        let next = rest.iter().find(is_next).or_else(|| rest.first()).copied().unwrap_or(0);
        rest.retain(|&shape| shape != next);
        order.push(next);
    }
    order
}
