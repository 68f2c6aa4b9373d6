"""The venues' wire formats: each frame is decoded once, here; wire names and number texts end in this package.

Two steps: a decoder makes a `messages` object out of a frame (that is what ``cryptobot decode`` prints), and
`events` makes domain events (scaled integers of a known instrument) out of that.
"""
