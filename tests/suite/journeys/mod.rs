//! Whole journeys through the real binary.

mod first_steps;

mod crash;

mod races;

mod counts;

mod outage;
