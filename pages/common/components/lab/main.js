// Mounts the lab.

export default function ({ data, parentElement }) {
  const lab = (parentElement.lab ??= new Lab(parentElement));
  lab.receive(unpack(data));
  return () => {
    if (parentElement.isConnected) return; // only new data
    lab.destroy();
    delete parentElement.lab;
  };
}
