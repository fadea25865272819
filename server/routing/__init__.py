"""Ways between places, and the solver in a process of its own. [PL]"""
