"""Who could bring what: places, zones, shifts, loads, and plans made of them. [PL]"""
