"""Outside the database: that it is away, or sealed with a key that is not here.

Who has lost either writes no incident and reads no channel. So each machine keeps in a
file what is wrong of these, and tells the webhook that the environment names.
"""
