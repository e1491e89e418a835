//! Time as a driver: alarms are looked after by whoever is there, in time, and none is dropped.

mod lag;

mod stop;
