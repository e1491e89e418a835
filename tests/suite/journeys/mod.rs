//! Whole journeys through the real binary.

mod first_steps;

mod crash;
