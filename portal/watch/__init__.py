"""What nobody asked for and somebody has to look after."""
