"""Simulated stages: entries at random times, each with how long it takes. In days; now is 0."""

import numpy as np

from cases.durations.survival import Watched

DAY = 86_400.0
LATELY = 60.0


def stage(random, *, per_day, takes, days=1500.0, slower=1.0, since=120.0):
    """Return when stays began and how long they take, drawn by ``takes(random, number)``; what began in the last
    ``since`` days takes ``slower`` times as long.
    """
    began = -random.uniform(0, days, random.poisson(per_day * days))
    takes = takes(random, began.size)
    takes[began > -since] *= slower
    return began, takes


def finished(began, takes, period):
    """How long those took (seconds) that ended in the last ``period`` days."""
    ended = began + takes
    return takes[(ended <= 0) & (ended > -period)] * DAY


def watched(began, takes, period=LATELY):
    """Everybody who was there in the last ``period`` days."""
    there = (began <= 0) & (began + takes > -period)
    began, takes = began[there], takes[there]
    ended = began + takes <= 0
    return Watched.of(np.maximum(0, -period - began) * DAY, np.where(ended, takes, -began) * DAY, ended)


def lognormal(median, sigma=0.6):
    return lambda random, number: random.lognormal(np.log(median), sigma, number)


def exponential(median):
    return lambda random, number: random.exponential(median / np.log(2), number)


def always(days):
    return lambda random, number: np.full(number, float(days))
