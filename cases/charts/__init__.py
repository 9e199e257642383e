"""Charts as geometry: figures in, places on a drawing out; the templates under templates/charts/ make SVG of it. Pure.

A chart carries its colours as attributes of its shapes and neither style nor script: so it obeys the content security
policy of the pages, prints, and is the same picture as a file of its own.
"""
